import type { FrameSource, OutgoingFrame } from './frame-source.js';

interface Place {
  readonly source: FrameSource;
  /** Bytes this source was given, counted from where the line stood when it came. */
  given: number;
}

/**
 * Sources that share a socket byte by byte: the one that was given least goes next, so that of any two that have frames
 * waiting neither is ahead by more than one frame (deficit round robin, with the finest quantum). Who was away gains nothing
 * by it, and takes what it owes along.
 */
export class FairLine {
  /** By `given`, least first; those that have nothing to send now among them. */
  private readonly places: Place[] = [];
  /** What sources that were forgotten had been given. */
  private owed: WeakMap<FrameSource, number> | undefined;
  /** What the source that was served last had been given before: nobody who comes starts below. */
  private level = 0;

  /** Keeps its place where it has one. */
  join(source: FrameSource): void {
    if (this.places.some((place) => place.source === source)) return;
    this.stand({ source, given: Math.max(this.owed?.get(source) ?? 0, this.level) });
  }

  leave(source: FrameSource): void {
    const place = this.places.find((each) => each.source === source);
    if (place) this.forget(place);
  }

  /** The next frame; undefined when no source has one. Sources that say they are idle are forgotten. */
  take(): OutgoingFrame | undefined {
    for (let i = 0; i < this.places.length;) {
      const place = this.places[i];
      if (!place) break;
      const frame = place.source.next();
      if (frame) {
        this.serve(place, frame.text.length);
        return frame;
      }
      if (place.source.idle) this.forget(place);
      else i++;
    }
    return undefined;
  }

  private serve(place: Place, bytes: number): void {
    this.level = Math.max(this.level, place.given);
    place.given = this.level + bytes;
    // Asking it may have made it leave, or others come.
    let index = this.places.indexOf(place);
    if (index < 0) return;
    for (let next = this.places[index + 1]; next && next.given <= place.given; next = this.places[index + 1])
      this.places[index++] = next;
    this.places[index] = place;
  }

  private forget(place: Place): void {
    const index = this.places.indexOf(place);
    if (index >= 0) this.places.splice(index, 1);
    if (place.given > this.level) (this.owed ??= new WeakMap()).set(place.source, place.given);
    else this.owed?.delete(place.source);
  }

  private stand(place: Place): void {
    let index = this.places.length;
    while (index > 0 && (this.places[index - 1]?.given ?? 0) > place.given) index--;
    this.places.splice(index, 0, place);
  }
}
