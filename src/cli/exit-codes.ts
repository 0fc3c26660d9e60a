/** What the exit codes of `twinlane` mean. Where a command ran and failed, `attach` ends with the command's own code. */
export const EXIT = {
  OK: 0,
  /** The turn, or the role, failed. */
  FAILED: 1,
  USAGE: 2,
  APPROVAL_DENIED: 3,
  /** No relay answers, or no environment is online (EX_UNAVAILABLE). */
  UNREACHABLE: 69,
  /** The turn was aborted, and not from here (EX_TEMPFAIL). */
  CANCELLED: 75,
  /** EX_NOPERM. */
  TOKEN_REFUSED: 77,
  /** 128 + SIGINT. */
  ABORTED: 130,
  /** 128 + SIGPIPE: whoever read the output has left. */
  NO_READER: 141,
} as const;
