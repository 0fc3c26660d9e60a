/** What a channel needs of a socket; one adapter per kind of WebSocket, and a pair in memory for tests. */
export interface ChannelSocket {
  readonly open: boolean;
  /** Bytes given to the socket that have not left this process. */
  readonly bufferedAmount: number;
  /** Does nothing once the socket is closing. `written` runs later, when the text has left this process or never will. */
  send(text: string, written?: () => void): void;
  close(code: number, reason?: string): void;
  /** Ends the connection without a closing handshake. */
  terminate(): void;
  /** One receiver; messages that came before it was set are handed over in order. */
  receive(receiver: SocketReceiver): void;
}

export interface SocketReceiver {
  message(text: string, isBinary: boolean): void;
  /** Once. `code` is 1006 when the connection broke without a close. */
  closed(code: number, reason: string): void;
}
