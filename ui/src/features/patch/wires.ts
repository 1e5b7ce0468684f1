/** A place in the patch view, in pixels from its upper left corner. */
export interface Point {
  x: number;
  y: number;
}

/** A cable from one end to the other: it leaves and arrives level, as a cable in a jack does. */
export function along(from: Point, to: Point): string {
  const reach = Math.max(24, Math.abs(to.x - from.x) * 0.45);
  const round = (value: number) => Math.round(value * 10) / 10;
  return `M${round(from.x)} ${round(from.y)}C${round(from.x + reach)} ${round(from.y)} ${round(to.x - reach)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`;
}

/** Where each marked end lies within `root`, by the name in its `data-end`. */
export function measured(root: HTMLElement): Map<string, Point> {
  const corner = root.getBoundingClientRect();
  const ends = new Map<string, Point>();
  for (const end of root.querySelectorAll<HTMLElement>("[data-end]")) {
    const box = end.getBoundingClientRect();
    ends.set(end.dataset.end ?? "", { x: box.x + box.width / 2 - corner.x, y: box.y + box.height / 2 - corner.y });
  }
  return ends;
}
