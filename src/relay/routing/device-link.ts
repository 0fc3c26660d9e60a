/** The ready link of a device, as routing sees it: one value per pair of sockets, or per single socket. */
export interface DeviceLink {
  readonly lease: string;
  /** Which process of the listener this is; stock listeners do not say. */
  readonly processInstanceId: string | undefined;
  /** Whether the device numbers its events per runtime (`metadata.eventSeqScope: "runtime"`). */
  readonly namesEvents: boolean;
  /** Whether the device answers `input` and `sync` (`metadata.environmentMessageProtocol`); stock 0.25 is silent. */
  readonly answersInput: boolean;
  readonly kind: 'split' | 'legacy';
  /** Sends a command: on control, or on the only socket. */
  send(frame: object): void;
  close(code: number, reason: string): void;
}
