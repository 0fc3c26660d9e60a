/** What of a scrolled element counts, in pixels. */
export interface ScrollView {
  readonly scrollTop: number;
  readonly clientHeight: number;
  readonly scrollHeight: number;
}

/** Pixels that browsers may be off by when they round. */
const ROUNDING = 1.5;
/** A move below this is none, in pixels. */
const STIR = 0.5;

/**
 * Whether the end of something that grows is followed. The reader decides, by where they scroll: who leaves the end is left alone, who comes
 * back to it follows again.
 */
export class FollowedScroll {
  isFollowing = true;
  private top = 0;
  private height = 0;

  /** Looks where the element stands now. @returns whether the reader moved it */
  look(view: ScrollView): boolean {
    const moved = view.scrollTop - this.top;
    const isResized = view.clientHeight !== this.height;
    this.height = view.clientHeight;
    if (Math.abs(moved) < STIR) return false;
    this.top = view.scrollTop;
    // What is given another height is moved by the browser, to an end that may be none any more when it is looked at.
    if (isResized) return false;
    const isAtEnd = view.scrollHeight - view.scrollTop - view.clientHeight < ROUNDING;
    // What shrinks is moved up by the browser, not by the reader, and then stands at its end.
    if (moved < 0 && !isAtEnd) this.isFollowing = false;
    if (moved > 0 && isAtEnd) this.isFollowing = true;
    return true;
  }

  /** The element was moved by us. */
  placed(top: number): void {
    this.top = top;
  }
}
