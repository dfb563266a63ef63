declare module 'snappyjs' {
  const snappy: {
    /** Throws when the input is corrupt or unpacks to more than `maxLength` bytes. */
    uncompress(packed: Buffer, maxLength: number): Buffer;
    compress(plain: Buffer): Buffer;
  };
  export default snappy;
}
