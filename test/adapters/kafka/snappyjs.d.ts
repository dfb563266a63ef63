declare module 'snappyjs' {
  const snappy: {
    compress(plain: Buffer): Buffer;
  };
  export default snappy;
}
