import { useMe } from "../../me";
import { useNames } from "../../parts/names";

/** Whether a store lies in a division of the caller; the service decides, this only sorts and hides. */
export function useReach() {
  const me = useMe();
  const names = useNames();
  function covers(store: string): boolean {
    const place = names.placeOf(store);
    return (me.me?.grants ?? []).some((one) => !one.place || (place !== null && place.startsWith(stem(one.place))));
  }
  return { covers };
}

/** What the codes of a division and of all below it begin with: county 6 digits, town 9, village 12. */
export function stem(place: string): string {
  if (place.endsWith("000000")) return place.slice(0, 6).replace(/(00)+$/, "");
  return place.endsWith("000") ? place.slice(0, 9) : place;
}
