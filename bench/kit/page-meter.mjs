// What runs in the page of a bench, to see it as whoever looks at it does. Each function is sent there whole: it may use nothing from outside.

/** Before anything of the page runs: notes pictures, long tasks, when the list was there, and when texts that are waited for were seen. */
export function installMeter() {
  const LIST = '.environment-row';
  const meter = { frames: [], tasks: [] };
  globalThis.benchMeter = meter;
  // What has changed is seen with the next picture: a task after that is the soonest that a page can know of it.
  const changed = new Set();
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('message', () => {
    for (const field of changed) meter[field] = performance.now();
    changed.clear();
  });
  port1.start();
  const frame = (now) => {
    meter.frames.push(now);
    port2.postMessage(0);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) meter.tasks.push(duration);
  }).observe({ type: 'longtask' });
  addEventListener('keydown', ({ key, timeStamp }) => key === 'Enter' && (meter.enteredAt = timeStamp), true);
  let isListed = false;
  const look = () => {
    if (!isListed && document.querySelector(LIST)) {
      isListed = true;
      changed.add('listedAt');
    }
    if (meter.wanted === undefined) return;
    if (!document.querySelector('[role=log]')?.textContent.includes(meter.wanted)) return;
    meter.wanted = undefined;
    changed.add('shownAt');
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
}

/** Waits from now on for a text in the transcript. */
export function expectText(text) {
  Object.assign(globalThis.benchMeter, { wanted: text, shownAt: undefined });
}

/** Forgets pictures and long tasks so far. */
export function beginFrames() {
  Object.assign(globalThis.benchMeter, { frames: [], tasks: [] });
}

/** Ms between pictures, of long tasks, and elements of the page now. */
export function readFrames() {
  const { frames, tasks } = globalThis.benchMeter;
  return {
    intervals: frames.slice(1).map((at, index) => at - frames[index]),
    tasks: [...tasks],
    elements: document.getElementsByTagName('*').length,
  };
}

/** Whether the newest rows of the transcript hold a text. @returns when, in epoch ms; else false */
export function seenAtEnd(text) {
  const rows = [...document.querySelectorAll('[role=log] [data-row]')].slice(-3);
  return rows.some((row) => row.textContent.includes(text)) && Date.now();
}
