import { beforeEach, describe, expect, it } from 'vitest';
import { ListWindow } from './list-window.js';

const HEIGHT = 500;
let list: ListWindow;
let top: number;
let height: number;

/** As a browser does it: the list is drawn, and put where it is to stand. */
function draw(rows: number): void {
  list.resize(rows, () => 50);
  look();
  top = Math.min(list.scrollTop, Math.max(0, rows * 50 + grown - height));
  list.placed(top);
}

let grown: number;
function look(): void {
  list.look({ scrollTop: top, clientHeight: height, scrollHeight: Math.max(height, list.length * 50 + grown) });
}

function scrollTo(to: number): void {
  top = to;
  look();
}

beforeEach(() => {
  list = new ListWindow();
  top = 0;
  height = HEIGHT;
  grown = 0;
  draw(0);
});

describe('ListWindow', () => {
  it('follows the end when the window gets another size, and the browser has moved it meanwhile', () => {
    draw(100);
    // Higher for a moment, in which the browser held it at its end, and lower again when it is looked at.
    top = 4_300;
    height = 600;
    look();
    draw(100);
    expect([list.isFollowing, top]).toEqual([true, 4_400]);
  });

  it('follows the end when a row becomes lower, and the browser has moved it before that is known', () => {
    draw(100);
    grown = -30;
    scrollTo(4_470);
    list.measure(99, 20);
    draw(100);
    expect([list.isFollowing, top]).toEqual([true, 4_470]);
  });

  it('goes where it is sent, though the browser moves it while it draws what is there', () => {
    draw(100);
    list.reveal(0);
    // What is drawn now is shorter than what stood there: the browser pulls up, and that is no wish of the reader.
    scrollTo(4_000);
    expect(list.range().from).toBe(0);
    draw(100);
    expect([top, list.isFollowing]).toEqual([0, false]);
    scrollTo(1_000);
    expect(list.firstSeen).toBe(20);
    list.follow();
    scrollTo(500);
    draw(100);
    expect([top, list.isFollowing]).toEqual([4_500, true]);
  });

  it('follows the end as long as the reader is there', () => {
    draw(100);
    expect(top).toBe(4_500);
    draw(200);
    expect(top).toBe(9_500);
    expect(list.range()).toMatchObject({ to: 200, after: 0 });
  });

  it('does not move a reader who has left the end, not even by little', () => {
    draw(100);
    scrollTo(4_490);
    draw(500);
    expect(top).toBe(4_490);
    expect(list.isFollowing).toBe(false);
    scrollTo(4_600);
    draw(600);
    expect(top).toBe(4_600);
  });

  it('follows again when the reader is back at the end', () => {
    draw(100);
    scrollTo(1_000);
    draw(120);
    scrollTo(5_500);
    expect(list.isFollowing).toBe(true);
    draw(130);
    expect(top).toBe(6_000);
  });

  it('notices that the reader has moved although it was drawn before anybody said so', () => {
    draw(100);
    top = 4_000;
    draw(101);
    expect(top).toBe(4_000);
  });

  it('keeps what is read where it is when rows above grow', () => {
    draw(100);
    scrollTo(2_020);
    list.measure(3, 250);
    grown = 200;
    draw(100);
    expect(top).toBe(2_220);
    list.measure(60, 1_000);
    draw(100);
    expect(top).toBe(2_220);
  });

  it('takes no folding for scrolling', () => {
    draw(100);
    grown = -80;
    list.measure(99, 10);
    list.measure(98, 10);
    top = 4_420;
    draw(100);
    expect(list.isFollowing).toBe(true);
  });

  it('draws what is seen and a margin, and reveals rows', () => {
    draw(10_000);
    scrollTo(100_000);
    const { from, to, before, after } = list.range();
    expect(to - from).toBeLessThan(40);
    expect(before + after + (to - from) * 50).toBe(500_000);
    list.reveal(2_001);
    expect(list.scrollTop).toBe(100_000);
    list.reveal(2_015);
    expect(list.scrollTop).toBe(100_300);
    list.reveal(5);
    expect(list.scrollTop).toBe(250);
    list.follow();
    expect(list.scrollTop).toBe(499_500);
  });
});
