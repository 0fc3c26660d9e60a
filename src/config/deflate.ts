/**
 * How sockets are compressed (permessage-deflate, RFC 7692) where both ends are told to; the options of npm `ws`. Each message by
 * itself: streams of small events gain nothing and stay as they are, and what a socket keeps for it stays small.
 */
export const DEFLATE = {
  /** Bytes; smaller messages go uncompressed, without a turn in the thread pool. */
  threshold: 1_024,
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  /** 8 KiB of history: about 150 KiB of a relay's memory for each socket that has sent something large, instead of 260. */
  serverMaxWindowBits: 13,
  /** 1 to 9. Fast: the processor is what a relay shares. */
  zlibDeflateOptions: { level: 3, memLevel: 5 },
};
