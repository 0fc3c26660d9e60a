/** What a device has told of itself in the newest status of any of its runtimes. */
export interface DeviceFacts {
  readonly mode?: string;
  /** Undefined where git is none. */
  readonly branch?: string | undefined;
}
