import { useLayoutEffect, useRef } from 'preact/hooks';
import { EnvironmentPage, EnvironmentsPage } from '../environments/index.js';
import { Button } from '../ui/index.js';
import { useConsole, useTitle } from './console-context.js';
import { ENVIRONMENT_STATUSES, ENVIRONMENT_TABS } from './environment-tabs.js';
import { ErrorBoundary } from './error-boundary.js';
import { PAGES } from './pages.js';
import { hrefTo } from './router.js';

/** The page that the address names. */
export function PageOfPath() {
  const path = useConsole().router.path.value;
  const [first = '', id] = path;
  const place = [first, first === 'e' ? id : ''].join('/');
  useFocusOnArrival(place);
  return <ErrorBoundary place={path.join('/')}>{pageOf(path)}</ErrorBoundary>;
}

function pageOf([first, id, ...rest]: readonly string[]) {
  if (first === undefined) return <EnvironmentsPage />;
  if (first === 'e' && id !== undefined) {
    const [tab, ...path] = rest;
    return (
      <EnvironmentPage key={id} id={id} tabs={ENVIRONMENT_TABS} statuses={ENVIRONMENT_STATUSES} tab={tab} path={path} />
    );
  }
  const page = PAGES.find(({ path }) => path === first);
  return page ? <page.Page path={id === undefined ? [] : [id, ...rest]} /> : <NoSuchPage />;
}

/** Who reads with their ears hears where they are, and Tab goes on from there. */
function useFocusOnArrival(place: string): void {
  const before = useRef(place);
  useLayoutEffect(() => {
    if (before.current === place) return;
    before.current = place;
    const heading = document.querySelector<HTMLElement>('main h1') ?? document.getElementById('main');
    heading?.setAttribute('tabindex', '-1');
    heading?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [place]);
}

function NoSuchPage() {
  const { router } = useConsole();
  useTitle('No such page');
  return (
    <div class="page">
      <h1>No such page</h1>
      <p>The address names nothing that this console has.</p>
      <p>
        <Button kind="primary" onClick={() => router.go(hrefTo())}>
          Environments
        </Button>
      </p>
    </div>
  );
}
