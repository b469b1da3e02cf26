// Rings around incidents that say when help comes: as many closed rings as tiers are met; broken where it is late.
import type { Arrival, Met } from "./arrivals";

const TWICE = 2; // drawn at twice the size for sharp screens
const COLOUR: Record<Met, string> = { met: "#1a7a43", late: "#b3131b", coming: "#3f5d75", none: "#b3131b" };
const SIGN: Record<Met, string> = { met: "✓", late: "✗", coming: "→", none: "✗" };
const DASH: Record<Met, number[]> = { met: [], late: [6, 4], coming: [], none: [2, 4] };
const MOST_BANDS = 4;

export const ringName = (one: Arrival): string => `ring|${one.met}|${Math.min(one.bands, MOST_BANDS)}`;
export const labelName = (one: Arrival, said: string): string => `label|${one.met}|${SIGN[one.met]} ${said}${one.short ? " ⚠" : ""}`;

function sheet(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width * TWICE;
  canvas.height = height * TWICE;
  const pen = canvas.getContext("2d")!;
  pen.scale(TWICE, TWICE);
  return pen;
}

function ring(met: Met, bands: number): CanvasRenderingContext2D {
  const pen = sheet(58, 58);
  const many = met === "met" ? bands : 1;
  for (let band = 0; band < many; band++)
    for (const [colour, wide] of [["#fff", 4], [COLOUR[met], 2]] as const) {
      pen.beginPath();
      pen.setLineDash(colour === "#fff" ? [] : DASH[met]);
      pen.arc(29, 29, 15.5 + 3.5 * band, 0, 2 * Math.PI);
      pen.strokeStyle = colour;
      pen.lineWidth = wide;
      pen.stroke();
    }
  return pen;
}

const FONT = 'bold 12px "Noto Sans SC", "Microsoft YaHei", "PingFang SC", system-ui, sans-serif';

function label(met: Met, text: string): CanvasRenderingContext2D {
  const ruler = sheet(1, 1);
  ruler.font = FONT;
  const width = Math.ceil(ruler.measureText(text).width) + 10;
  const pen = sheet(width, 19);
  pen.fillStyle = "#fff";
  pen.strokeStyle = COLOUR[met];
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.roundRect(1, 1, width - 2, 17, 4);
  pen.fill();
  pen.stroke();
  pen.font = FONT;
  pen.fillStyle = COLOUR[met];
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, width / 2, 10);
  return pen;
}

/** The picture of that name. */
export function drawnRing(name: string): ImageData {
  const [kind, met, what] = name.split("|") as [string, Met, string];
  const pen = kind === "ring" ? ring(met, Number(what)) : label(met, what);
  return pen.getImageData(0, 0, pen.canvas.width, pen.canvas.height);
}

/** For the key of the map. */
export const ringPicture = (met: Met, bands: number): string => ring(met, bands).canvas.toDataURL();
