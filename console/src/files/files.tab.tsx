import { useEffect, useMemo } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { environmentHref, useConsole, useShortcuts } from '../app/index.js';
import type { EnvironmentTabProps } from '../environments/index.js';
import { Dialog, Button, Notice } from '../ui/index.js';
import { FilesSidebar } from './files-sidebar.js';
import { filesOf, warnBeforeLeaving } from './files-registry.js';
import './files.css';
import { FileView } from './file-view.js';
import type { FilesStore } from './files.store.js';
import { FindDialog } from './find-dialog.js';
import type { OpenFile } from './open-file.store.js';
import { OpenFileTabs } from './open-file-tabs.js';
import { nameOf } from './paths.js';

warnBeforeLeaving(window);

/** The files of an environment, for whoever may steer: who watches is shown none by the relay. */
export function FilesTab(props: EnvironmentTabProps) {
  const { session, clock } = useConsole();
  const { info } = session;
  if (!info?.maySteer)
    return (
      <div class="files__refused">
        <Notice tone="quiet" title="No files for this token.">
          It may only watch: files and terminals are for tokens that may steer.
        </Notice>
      </div>
    );
  const store = filesOf(info.tokenId, props.environment.id, clock);
  return <Files key={props.environment.id} {...props} store={store} />;
}

function Files({ environment, attached, path, store }: EnvironmentTabProps & { readonly store: FilesStore }) {
  const { router, toasts, visible } = useConsole();
  const isFinding = useSignal(false);
  const closing = useSignal<OpenFile | undefined>(undefined);
  const { files } = store;
  const { value: active } = files.active;
  const isVisible = visible.value;
  const wanted = path.join('/');
  const hrefOf = (file: string | undefined): string =>
    environmentHref(environment.id, 'files', ...(file === undefined ? [] : file.split('/')));
  const open = (file: string, line?: number): void => {
    void files.open(file, line);
    router.go(hrefOf(file));
  };
  useEffect(() => store.show(attached), [store, attached]);
  const isAttached = attached.attachment.value !== undefined;
  // A listener that is away answers nothing, and questions would pile up for it.
  const isThere = attached.state.value.phase === 'open' && attached.presence.value === 'linked';
  const isLooking = isVisible && isAttached && isThere;
  useEffect(() => (isLooking ? store.keepLooking() : undefined), [store, isLooking]);
  useEffect(() => {
    if (wanted === '' || !isAttached) return;
    void files.open(wanted);
    void store.tree.reveal(wanted);
  }, [files, store, wanted, isAttached]);
  useFileKeys(isFinding, store);
  const close = (file: OpenFile): void => {
    closing.value = undefined;
    files.close(file);
    router.go(hrefOf(files.active.value?.path));
  };
  const switchTo = async (branch: string): Promise<void> => {
    const isThere = await store.branches.checkOut(branch);
    if (isThere) toasts.show(`On branch ${branch}.`, 'good');
    else toasts.show(store.branches.problem.value ?? `Not on ${branch}.`, 'bad');
    await store.refresh();
  };
  return (
    <div class={`files${wanted === '' ? ' files--browsing' : ''}`}>
      <FilesSidebar
        store={store}
        onOpen={open}
        onFind={() => (isFinding.value = true)}
        onBranch={(branch) => void switchTo(branch)}
      />
      <div class="files__main">
        <a class="files__back" href={hrefOf(undefined)}>
          All files
        </a>
        <OpenFileTabs
          files={files.files.value}
          active={active}
          hrefOf={hrefOf}
          onClose={(file) => (file.isDirty.value ? (closing.value = file) : close(file))}
        />
        {active ? <FileView key={active.path} file={active} mayEdit /> : <Nothing />}
      </div>
      {isFinding.value && <FindDialog find={store.find} onOpen={open} onClose={() => (isFinding.value = false)} />}
      {closing.value && (
        <CloseDialog file={closing.value} onCancel={() => (closing.value = undefined)} onClose={close} />
      )}
    </div>
  );
}

function useFileKeys(isFinding: { value: boolean }, store: FilesStore): void {
  const list = useMemo(
    () => [
      { key: 'Ctrl P', label: 'Open a file by letters of its path', run: () => (isFinding.value = true) },
      { key: 'Ctrl Shift F', label: 'Find a text in the files', run: () => (store.side.value = 'search') },
      { key: 'Ctrl S', label: 'Save the file', run: () => void store.files.active.value?.save() },
    ],
    [isFinding, store],
  );
  useShortcuts(list);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const name = `Ctrl ${event.shiftKey ? 'Shift ' : ''}${event.key.toUpperCase()}`;
      const found = list.find(({ key }) => key === name);
      if (!found || event.defaultPrevented) return;
      event.preventDefault();
      found.run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [list]);
}

function Nothing() {
  return (
    <div class="files__nothing">
      <p>Open a file from the list.</p>
      <p>
        <kbd>Ctrl</kbd> <kbd>P</kbd> finds it by letters of its path, <kbd>Ctrl</kbd> <kbd>Shift</kbd> <kbd>F</kbd> by
        what it holds.
      </p>
    </div>
  );
}

interface CloseDialogProps {
  readonly file: OpenFile;
  readonly onCancel: () => void;
  readonly onClose: (file: OpenFile) => void;
}

/** What was typed is only here: it does not go by one click. */
function CloseDialog({ file, onCancel, onClose }: CloseDialogProps) {
  const save = async (): Promise<void> => {
    if (await file.save()) onClose(file);
    else onCancel();
  };
  return (
    <Dialog title={`Close ${nameOf(file.path)}?`} onClose={onCancel}>
      <p>What you typed is not on the device yet.</p>
      <div class="files__choices">
        <Button onClick={onCancel}>Keep it open</Button>
        <Button kind="danger" onClick={() => onClose(file)}>
          Throw it away
        </Button>
        <Button kind="primary" onClick={() => void save()}>
          Save and close
        </Button>
      </div>
    </Dialog>
  );
}
