/** A frame on its way to a socket. */
export interface OutgoingFrame {
  /** Encoded JSON object. */
  readonly text: string;
  /** The peer has it: it is responsible for it, or, where it does not say so, has read it. Not called when the socket dies first. */
  readonly confirmed?: () => void;
  /** The peer takes no frame of this size, and this one is not sent again; without it the frame counts as confirmed. */
  readonly givenUp?: () => void;
}

/** Where a channel takes frames from: the cursor of a journal, a list of responses. It costs nothing while it waits. */
export interface FrameSource {
  /** Takes the next frame, or undefined when there is none to send now; `ChannelSender.wake()` when that changes. */
  next(): OutgoingFrame | undefined;
  /** After `next()` gave nothing: the sender forgets this source until it is attached again, so that a thousand of them cost nothing. */
  readonly idle?: boolean;
}
