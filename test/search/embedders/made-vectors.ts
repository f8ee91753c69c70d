/** The cosine of the angle between two vectors of length 1. */
export function similarity(one: Float32Array | undefined, other: Float32Array | undefined): number {
  let sum = 0;
  for (const [index, value] of (one ?? new Float32Array(0)).entries()) sum += value * (other?.[index] ?? 0);
  return sum;
}
