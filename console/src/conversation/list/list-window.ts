import { FollowedScroll, type ScrollView } from './followed-scroll.js';
import { HeightIndex } from './height-index.js';

/** Which rows are drawn, and how much space stands for those before and behind, in pixels. */
export interface RowRange {
  readonly from: number;
  /** The first that is not drawn. */
  readonly to: number;
  readonly before: number;
  readonly after: number;
}

/** Pixels that are drawn beyond what is seen, on either side. */
const MARGIN = 600;

/**
 * Which rows of a long list are drawn, and where it is scrolled to. What the reader looks at stays where it is, whatever grows above; the
 * end is followed only while they are there.
 */
export class ListWindow {
  private readonly heights = new HeightIndex();
  private readonly scroll = new FollowedScroll();
  /** The first row that is seen, and how much of it is not. */
  private anchor = { row: 0, inset: 0 };
  private height = 0;
  /** Whether we send the reader elsewhere, and the element does not stand there yet: where it stands is nobody's wish. */
  private isSent = false;

  get isFollowing(): boolean {
    return this.scroll.isFollowing;
  }

  get length(): number {
    return this.heights.length;
  }

  /** Where the list is to stand, in pixels. */
  get scrollTop(): number {
    if (this.isFollowing) return Math.max(0, this.heights.total - this.height);
    return this.heights.offsetOf(this.anchor.row) + this.anchor.inset;
  }

  /** The first row that is seen. */
  get firstSeen(): number {
    return this.heights.rowAt(this.scrollTop);
  }

  /** @param estimate what a new row may need, in pixels */
  resize(length: number, estimate: (row: number) => number): void {
    this.heights.truncate(length);
    for (let row = this.length; row < length; row++) this.heights.push(estimate(row));
  }

  measure(row: number, height: number): void {
    this.heights.set(row, height);
  }

  /** Looks where the reader has scrolled to. */
  look(view: ScrollView): void {
    this.height = view.clientHeight;
    if (this.isSent || !this.scroll.look(view)) return;
    this.anchorAt(view.scrollTop);
  }

  /** The list was moved to where it is to stand. */
  placed(top: number): void {
    this.isSent = false;
    this.scroll.placed(top);
  }

  /** Goes to the end and follows it. */
  follow(): void {
    this.isSent = true;
    this.scroll.isFollowing = true;
  }

  /** Moves no further than needed for a row to be seen, from its begin. */
  reveal(row: number): void {
    this.isSent = true;
    const begin = this.heights.offsetOf(row);
    const end = begin + this.heights.heightOf(row);
    const top = this.scrollTop;
    if (begin >= top && end <= top + this.height) return this.hold(top);
    this.hold(begin < top || end - begin > this.height ? begin : end - this.height);
  }

  range(): RowRange {
    if (this.length === 0) return { from: 0, to: 0, before: 0, after: 0 };
    const top = this.scrollTop;
    const from = this.heights.rowAt(Math.max(0, top - MARGIN));
    const to = this.heights.rowAt(top + this.height + MARGIN) + 1;
    return {
      from,
      to,
      before: this.heights.offsetOf(from),
      after: this.heights.total - this.heights.offsetOf(to),
    };
  }

  private hold(top: number): void {
    const isEnd = top + this.height >= this.heights.total - 1;
    if (!isEnd) this.scroll.isFollowing = false;
    this.anchorAt(top);
  }

  /** Rows may have another height by now than what is known of them: whether this is the end is not asked here. */
  private anchorAt(top: number): void {
    const row = this.heights.rowAt(top);
    this.anchor = { row, inset: top - this.heights.offsetOf(row) };
  }
}
