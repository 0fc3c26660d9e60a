import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from './button.js';
import { Notice } from './notice.js';
import { Waiting } from './waiting.js';

type Loaded<Props> = { readonly component: ComponentType<Props> } | { readonly error: unknown } | undefined;

/** A component whose code is fetched when it is shown first. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let known: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [loaded, setLoaded] = useState<Loaded<Props>>(known && { component: known });
    useEffect(() => {
      let wanted = true;
      load().then(
        (component) => {
          known = component;
          if (wanted) setLoaded({ component });
        },
        (error: unknown) => wanted && setLoaded({ error }),
      );
      return () => {
        wanted = false;
      };
    }, []);
    if (loaded === undefined) return <Waiting label="Loading" />;
    if ('error' in loaded) return <NotLoaded />;
    const Component = loaded.component;
    return <Component {...props} />;
  };
}

/** After an update of the relay its older files are gone. */
function NotLoaded() {
  return (
    <Notice tone="bad" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
      This part of the console could not be loaded: the relay does not answer, or has been updated.
    </Notice>
  );
}
