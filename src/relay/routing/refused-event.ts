/** An event that came and could not be taken: its place becomes a hole that is told (protocol section 6). */
export class RefusedEvent {
  /** @param value what was read of it; too deep or too large to go any further */
  constructor(readonly value: Readonly<Record<string, unknown>>) {}
}
