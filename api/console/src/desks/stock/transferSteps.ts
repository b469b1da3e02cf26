import { useMe } from "../../me";
import { useReach } from "./reach";

export type Step = "approve" | "refuse" | "pick" | "send" | "receive" | "cancel";
interface Order {
  status: string;
  from_store: string;
  to_store: string;
}

/** What the caller may do next with a transfer, the usual step first. */
export function useSteps() {
  const me = useMe();
  const { covers } = useReach();
  function steps(one: Order): Step[] {
    const sends = covers(one.from_store);
    const carries = me.may.has("transfers.write");
    const found: Step[] = [];
    if (one.status === "requested" && sends && me.may.has("transfers.approve")) found.push("approve", "refuse");
    if (one.status === "approved" && sends && carries) found.push("pick");
    if (one.status === "picked" && sends && carries) found.push("send");
    if (one.status === "in_transit" && covers(one.to_store) && carries) found.push("receive");
    if (["requested", "approved", "picked"].includes(one.status) && covers(one.to_store) && carries) found.push("cancel");
    return found;
  }
  /** The step that waits for the caller, if any: giving it up is none. */
  const waits = (one: Order): Step | undefined => steps(one).find((step) => step !== "cancel" && step !== "refuse");
  return { steps, waits };
}
