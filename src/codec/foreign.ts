/**
 * Numbers of foreign Avro schemas that JavaScript has not: the logical type `decimal`, as database connectors write amounts unless told otherwise, becomes
 * the decimal text that it means, `12.50`; a `long` beyond 2^53 becomes a bigint. What they are for us, a mapping says. Boundary: types for avsc;
 * our own schemas have neither.
 */
import avsc from 'avsc';

/** 10^150 and more is nobody's amount, and long numbers take long to print. */
const MOST_BYTES = 64;
const MOST_SCALE = 100;

class DecimalType extends avsc.types.LogicalType {
  readonly #scale: number;
  /** of a fixed; null: as many bytes as it takes */
  readonly #size: number | null;

  constructor(schema: avsc.Schema, options: object) {
    super(schema, options);
    const scale: unknown = typeof schema === 'object' && 'scale' in schema ? schema.scale : 0;
    const type = this.underlyingType;
    this.#size = type instanceof avsc.types.FixedType ? type.size : null;
    const isBytes = type instanceof avsc.types.BytesType || (this.#size !== null && this.#size > 0);
    // avsc then reads it as what lies under it.
    if (!isBytes || !Number.isInteger(scale) || Number(scale) < 0 || Number(scale) > MOST_SCALE) throw new Error('not a decimal');
    this.#scale = Number(scale);
  }

  protected override _fromValue(bytes: Buffer): string | Buffer {
    return bytes.length > MOST_BYTES ? bytes : decimalText(bytes, this.#scale);
  }

  protected override _toValue(value: unknown): Buffer | undefined {
    return typeof value === 'string' ? bytesOf(BigInt(value.replace('.', '')), this.#size) : Buffer.isBuffer(value) ? value : undefined;
  }

  protected override _export(schema: avsc.Schema): void {
    Object.assign(schema, { scale: this.#scale });
  }
}

/** Two's complement, big-endian. */
function decimalText(bytes: Buffer, scale: number): string {
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex') || '0'}`));
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return value < 0n ? `-${text}` : text;
}

function bytesOf(value: bigint, size: number | null): Buffer {
  let length = size ?? 1;
  while (size === null && BigInt.asIntN(8 * length, value) !== value) length += 1;
  return Buffer.from(
    BigInt.asUintN(8 * length, value)
      .toString(16)
      .padStart(2 * length, '0'),
    'hex',
  );
}

const isWhole = (value: unknown): value is number | bigint => typeof value === 'bigint' || Number.isSafeInteger(value);

const LONG = avsc.types.LongType.__with({
  fromBuffer(buffer: Buffer): number | bigint {
    const value = buffer.readBigInt64LE();
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  },
  toBuffer(value: number | bigint): Buffer {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: (value: number): number => value,
  toJSON: Number,
  isValid: isWhole,
  compare: (a: number | bigint, b: number | bigint): number => (a < b ? -1 : a > b ? 1 : 0),
});

/** For avsc's `forSchema`: types that must not lose what a later parse of their schema needs. */
export const LOGICAL_TYPES = { decimal: DecimalType };

/** The type of a foreign schema that reads any number. @param schema with its attributes */
export const foreignType = (schema: avsc.Schema): avsc.Type =>
  avsc.Type.forSchema(schema, { logicalTypes: LOGICAL_TYPES, registry: { long: LONG } });
