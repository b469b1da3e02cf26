// Pictures of the map, drawn here: no sprites from elsewhere. Shape and number say what colour says.
import type { Map as GlMap } from "maplibre-gl";

const SIZE = 44; // drawn at twice the size for sharp screens
type Draw = (pen: CanvasRenderingContext2D) => void;

export const SEVERITY = ["", "#2b6a8f", "#2b6a8f", "#8a5a00", "#b3470f", "#b3131b"] as const;

function corners(pen: CanvasRenderingContext2D, count: number, turn: number, radius: number): void {
  pen.beginPath();
  for (let number = 0; number < count; number++) {
    const angle = turn + (2 * Math.PI * number) / count;
    pen.lineTo(SIZE / 2 + radius * Math.cos(angle), SIZE / 2 + radius * Math.sin(angle));
  }
  pen.closePath();
}

const filled = (pen: CanvasRenderingContext2D, colour: string, edge = 3): void => {
  pen.fillStyle = colour;
  pen.strokeStyle = "#fff";
  pen.lineWidth = edge;
  pen.fill();
  pen.stroke();
};

/** 1, 2: circle; 3: diamond; 4: hexagon; 5: octagon as of a stop sign; each with its number. */
function incident(severity: number): Draw {
  return (pen) => {
    if (severity <= 2) {
      pen.beginPath();
      pen.arc(SIZE / 2, SIZE / 2, 16, 0, 2 * Math.PI);
    } else if (severity === 3) corners(pen, 4, 0, 20);
    else if (severity === 4) corners(pen, 6, 0, 19);
    else corners(pen, 8, Math.PI / 8, 20);
    filled(pen, SEVERITY[severity]!);
    pen.fillStyle = "#fff";
    pen.font = "bold 22px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(String(severity), SIZE / 2, SIZE / 2 + 1);
  };
}

const square =
  (half: number): Draw =>
  (pen) => {
    pen.beginPath();
    pen.rect(SIZE / 2 - half, SIZE / 2 - half, 2 * half, 2 * half);
    filled(pen, "#4f6d85", 1.5);
  };

const triangle: Draw = (pen) => {
  corners(pen, 3, -Math.PI / 2, 13);
  filled(pen, "#1d8a4a", 1.5);
};

/** A team under way: the triangle of teams on a disc. */
const moving: Draw = (pen) => {
  pen.beginPath();
  pen.arc(SIZE / 2, SIZE / 2, 19, 0, 2 * Math.PI);
  filled(pen, "#0f5a2f", 3);
  corners(pen, 3, -Math.PI / 2, 11);
  pen.fillStyle = "#fff";
  pen.fill();
};

const far: Draw = (pen) => {
  pen.beginPath();
  pen.arc(SIZE / 2, SIZE / 2, 8, 0, 2 * Math.PI);
  pen.strokeStyle = "#1d8a4a";
  pen.lineWidth = 4;
  pen.stroke();
};

const DRAWN: Record<string, Draw> = {
  "store-county": square(12), "store-town": square(9), "store-village": square(5), team: triangle, moving, "team-far": far,
  "incident-1": incident(1), "incident-2": incident(2), "incident-3": incident(3), "incident-4": incident(4), "incident-5": incident(5),
};

function drawn(draw: Draw): HTMLCanvasElement {
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = SIZE;
  draw(sheet.getContext("2d")!);
  return sheet;
}

export function addIcons(map: GlMap): void {
  for (const [name, draw] of Object.entries(DRAWN))
    map.addImage(name, drawn(draw).getContext("2d")!.getImageData(0, 0, SIZE, SIZE), { pixelRatio: 2 });
}

/** The same picture for the key and the lists. */
export const picture = (name: string): string => drawn(DRAWN[name]!).toDataURL();
