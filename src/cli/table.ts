import { oneLine } from "./printable.ts";

export type Paint = (text: string) => string;

export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}
export type Row = readonly (Cell | string)[];

/** Aligned columns with a heading; the last one is cut where the terminal ends. `width`: nothing when there is none. */
export function formatTable(
  heading: readonly string[],
  rows: readonly Row[],
  width?: number,
  dim: Paint = String,
): string {
  const all = [heading.map((text) => ({ text, paint: dim })), ...rows.map((row) => row.map(cell))];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => widthOf(row[column]?.text ?? ""))));
  return all.map((row) => formatRow(row, widths, width)).join("\n");
}

function formatRow(row: readonly Cell[], widths: readonly number[], width: number | undefined): string {
  let used = 0;
  const parts = row.map(({ text, paint = String }, column) => {
    if (column === row.length - 1)
      return paint(width === undefined ? text : cut(text, Math.max(12, width - used)));
    const space = Math.max(0, (widths[column] ?? 0) - widthOf(text));
    used += widthOf(text) + space + 2;
    return paint(text) + " ".repeat(space);
  });
  return parts.join("  ").trimEnd();
}

function cell(value: Cell | string): Cell {
  return typeof value === "string" ? { text: oneLine(value) } : { ...value, text: oneLine(value.text) };
}

export function cut(text: string, width: number): string {
  const points = Array.from(text);
  return points.length <= width ? text : `${points.slice(0, width - 1).join("")}…`;
}

function widthOf(text: string): number {
  return Array.from(text).length;
}
