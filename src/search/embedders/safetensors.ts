import { EmbedderFailure } from "./embedder.ts";

export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const HEADER_LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/** How the numbers of each type are read. */
const READERS: Readonly<Record<string, (view: DataView, offset: number) => number>> = {
  F64: (view, offset) => view.getFloat64(offset, true),
  F32: (view, offset) => view.getFloat32(offset, true),
  F16: (view, offset) => halfAt(view.getUint16(offset, true)),
  BF16: (view, offset) => bfloatAt(view.getUint16(offset, true)),
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
  I32: (view, offset) => view.getInt32(offset, true),
  I8: (view, offset) => view.getInt8(offset),
  U8: (view, offset) => view.getUint8(offset),
};
const SIZES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I8: 1,
  U8: 1,
};

/** A safetensors file: the length of a JSON header, the header, the numbers of all tensors. */
export class Safetensors {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #entries: Readonly<Record<string, TensorEntry>>;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const length = bytes.length < HEADER_LENGTH_BYTES ? -1 : Number(bytes.readBigUInt64LE(0));
    this.#start = HEADER_LENGTH_BYTES + length;
    if (length < 2 || length > MAX_HEADER_BYTES || this.#start > bytes.length)
      throw broken("its header is cut");
    try {
      const header = bytes.subarray(HEADER_LENGTH_BYTES, this.#start).toString();
      this.#entries = JSON.parse(header) as Record<string, TensorEntry>;
    } catch (cause) {
      throw broken("its header is no JSON", cause);
    }
  }

  get names(): readonly string[] {
    return Object.keys(this.#entries).filter((name) => name !== "__metadata__");
  }

  /** The tensor as 32-bit floats, or nothing if there is none of this name. */
  tensor(name: string): Tensor | undefined {
    if (!Object.hasOwn(this.#entries, name)) return undefined;
    const entry = this.#entries[name];
    if (entry === undefined) return undefined;
    const {
      dtype,
      shape,
      data_offsets: [from, to],
    } = entry;
    const read = READERS[dtype];
    const size = SIZES[dtype] ?? 0;
    const count = shape.reduce((product, next) => product * next, 1);
    if (read === undefined) throw broken(`the type ${dtype} of "${name}" is not known`);
    if (to - from !== count * size || this.#start + to > this.#bytes.length) throw broken(`"${name}" is cut`);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#start + from, to - from);
    const values = new Float32Array(count);
    for (let index = 0; index < count; index++) values[index] = read(view, index * size);
    return { shape, values };
  }
}

function halfAt(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const BITS = new DataView(new ArrayBuffer(4));

/** The upper half of a 32-bit float. */
function bfloatAt(bits: number): number {
  BITS.setUint32(0, bits << 16);
  return BITS.getFloat32(0);
}

function broken(reason: string, cause?: unknown): EmbedderFailure {
  return new EmbedderFailure(`This is no whole safetensors file: ${reason}.`, { cause, retryable: false });
}
