/**
 * The Hilbert curve in any number of dimensions, as a table of states: from the first bit of all
 * coordinates on, each step looks up which digit of the index they make and how the curve lies in the
 * part of the space that they choose. Pure.
 *
 * Source: C. Hamilton, "Compact Hilbert Indices" (Dalhousie University, CS-2006-07), section 2: the
 * transformation T(e, d), the entry points e(i) and the directions d(i).
 */
export interface HilbertSteps {
  /**
   * By `(state << dimensions) | bits`: `(next state << dimensions) | digit`. The first state is 0; the
   * bit of coordinate i is bit i of `bits`.
   */
  readonly steps: readonly number[];
}

export function hilbertSteps(dimensions: number): HilbertSteps {
  const corners = 1 << dimensions;
  const steps: number[] = [];
  // A state is where the curve enters and along which axis it leaves.
  for (let state = 0; state < corners * dimensions; state++) {
    const entry = Math.floor(state / dimensions);
    const axis = state % dimensions;
    for (let bits = 0; bits < corners; bits++) {
      const digit = grayInverse(rotateRight(bits ^ entry, axis + 1, dimensions));
      const nextEntry = entry ^ rotateLeft(entryOf(digit), axis + 1, dimensions);
      const nextAxis = (axis + axisOf(digit, dimensions) + 1) % dimensions;
      steps.push(((nextEntry * dimensions + nextAxis) << dimensions) | digit);
    }
  }
  return { steps };
}

function gray(index: number): number {
  return index ^ (index >> 1);
}

function grayInverse(code: number): number {
  let index = code;
  for (let shift = 1; code >> shift > 0; shift++) index ^= code >> shift;
  return index;
}

/** The corner at which the curve enters part `index`. */
function entryOf(index: number): number {
  return index === 0 ? 0 : gray(2 * Math.floor((index - 1) / 2));
}

/** The axis along which it goes through part `index`. */
function axisOf(index: number, dimensions: number): number {
  if (index === 0) return 0;
  return trailingOnes(index % 2 === 0 ? index - 1 : index) % dimensions;
}

function trailingOnes(value: number): number {
  let count = 0;
  while ((value >> count) % 2 === 1) count++;
  return count;
}

function rotateRight(bits: number, by: number, width: number): number {
  const shift = by % width;
  return ((bits >> shift) | (bits << (width - shift))) & ((1 << width) - 1);
}

function rotateLeft(bits: number, by: number, width: number): number {
  return rotateRight(bits, width - (by % width), width);
}
