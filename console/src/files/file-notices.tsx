import type { Signal } from '@preact/signals';
import { Button, Notice } from '../ui/index.js';
import { sizeText } from './file-content.js';
import type { OpenFile } from './open-file.store.js';

interface FileNoticesProps {
  readonly file: OpenFile;
  /** Whether the two versions of a conflict are shown beside each other. */
  readonly isComparing: Signal<boolean>;
}

/** What one must know of a file before anything else. */
export function FileNotices({ file, isComparing }: FileNoticesProps) {
  const { value: content } = file.content;
  const problem = file.problem.value;
  const unwatched = file.unwatched.value;
  const isPart = content?.kind === 'text' && !file.isWhole.value;
  return (
    <div class="file-notices">
      {problem !== undefined && !file.conflict.value && (
        <Notice tone="bad" actions={!content && <Button onClick={() => void file.reload()}>Try again</Button>}>
          {problem}
        </Notice>
      )}
      <ConflictNotice file={file} isComparing={isComparing} />
      {isPart && (
        <Notice
          tone="quiet"
          actions={
            <Button disabled={file.isReading.value} onClick={() => void file.readOn()}>
              {file.isReading.value ? 'Reading…' : 'Read on'}
            </Button>
          }
        >
          The first {sizeText(content.read)} of {sizeText(content.size)}. A file of this size is shown in pieces, and
          not edited here.
        </Notice>
      )}
      {unwatched !== undefined && (
        <Notice tone="quiet">Changes on the device are not shown by themselves: {unwatched}</Notice>
      )}
    </div>
  );
}

function ConflictNotice({ file, isComparing }: FileNoticesProps) {
  const { value: conflict } = file.conflict;
  if (!conflict) return null;
  const { theirs, isGone } = conflict;
  const reload = () => {
    isComparing.value = false;
    void file.reload();
  };
  const actions = (
    <>
      {theirs !== undefined && (
        <Button onClick={() => (isComparing.value = !isComparing.value)}>
          {isComparing.value ? 'Back to yours' : 'Compare'}
        </Button>
      )}
      {!isGone && <Button onClick={reload}>Take theirs</Button>}
      <Button kind="danger" disabled={file.isSaving.value} onClick={() => void file.overwrite()}>
        {isGone ? 'Make it again' : 'Overwrite'}
      </Button>
    </>
  );
  return (
    <Notice tone="warn" title={isGone ? 'Deleted on the device.' : 'Changed on the device.'} actions={actions}>
      {isGone
        ? 'What you typed is only here.'
        : 'Somebody has written this file since you read it; what you typed is only here.'}
    </Notice>
  );
}
