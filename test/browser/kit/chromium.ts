import { existsSync } from 'node:fs';
import { vi } from 'vitest';

/** Where Debian puts it; `test/browser/install-chromium.sh` installs it there. */
const DEBIAN = '/usr/bin/chromium';

const wanted = process.env['CHROMIUM_PATH'] ?? DEBIAN;

/**
 * A test in a browser takes many steps, each of which may take its time on a busy machine, and each has a deadline of its own that says
 * what it waited for: this is beyond several of those. In ms.
 */
const TEST_TIMEOUT_MS = 600_000;
vi.setConfig({ testTimeout: TEST_TIMEOUT_MS, hookTimeout: TEST_TIMEOUT_MS });

/** What the tests drive; undefined where it is not there. */
export const CHROMIUM: string | undefined = existsSync(wanted) ? wanted : undefined;

/**
 * Why tests in a browser are skipped; undefined: they are not. Where everything must be tested nothing is, and they fail for want of a
 * browser.
 */
export const SKIPPED: string | undefined =
  CHROMIUM === undefined && process.env['CI'] !== 'true'
    ? `no Chromium at ${wanted}: run test/browser/install-chromium.sh, or name one in CHROMIUM_PATH`
    : undefined;
