import { useSignal } from '@preact/signals';
import { Badge, Button, IconButton, Waiting } from '../ui/index.js';
import { CodeView } from './code-view.js';
import { DiffView } from './diff-view.js';
import { type FileContent, hexLines, sizeText } from './file-content.js';
import { FileNotices } from './file-notices.js';
import type { OpenFile } from './open-file.store.js';
import { nameOf, parentOf, ROOT } from './paths.js';

interface FileViewProps {
  readonly file: OpenFile;
  readonly mayEdit: boolean;
}

/** One file: what it holds, whether that is on the device, and what can be done with it. */
export function FileView({ file, mayEdit }: FileViewProps) {
  const isComparing = useSignal(false);
  const { value: content } = file.content;
  const conflict = file.conflict.value;
  const theirs = conflict?.theirs;
  const shows = isComparing.value && theirs !== undefined ? theirs : undefined;
  return (
    <section class="file-view" aria-label={file.path}>
      <FileHeader file={file} content={content} mayEdit={mayEdit} />
      <FileNotices file={file} isComparing={isComparing} />
      {shows !== undefined && (
        <DiffView before={shows} after={file.draft.value ?? ''} label="On the device (−), and yours (+)" />
      )}
      {shows === undefined && content && <Content file={file} content={content} />}
      {!content && file.isReading.value && <Waiting label={`Reading ${file.path}`} />}
    </section>
  );
}

interface FileHeaderProps extends FileViewProps {
  readonly content: FileContent | undefined;
}

function FileHeader({ file, content, mayEdit }: FileHeaderProps) {
  const directory = parentOf(file.path);
  const isEditing = file.isEditing.value;
  const isDirty = file.isDirty.value;
  const canEdit = mayEdit && content?.kind === 'text' && file.isWhole.value;
  return (
    <header class="file-header">
      <h2 class="file-header__name">
        {directory !== ROOT && <span>{directory}/</span>}
        {nameOf(file.path)}
      </h2>
      {content && <span class="file-header__size">{sizeText(content.size)}</span>}
      {isDirty && <Badge tone="warn">not saved</Badge>}
      <div class="file-header__actions">
        <IconButton
          icon="refresh"
          label="Read again"
          disabled={file.isReading.value || isDirty}
          onClick={() => void file.reload()}
        />
        {isDirty && <Button onClick={() => file.revert()}>Undo all</Button>}
        {(isEditing || isDirty) && (
          <Button
            kind="primary"
            disabled={!isDirty || file.isSaving.value || conflict(file)}
            onClick={() => void file.save()}
          >
            {file.isSaving.value ? 'Saving…' : 'Save'}
          </Button>
        )}
        {canEdit && !isDirty && (
          <Button onClick={() => (file.isEditing.value = !isEditing)}>{isEditing ? 'Done' : 'Edit'}</Button>
        )}
      </div>
    </header>
  );
}

function conflict(file: OpenFile): boolean {
  return file.conflict.value !== undefined;
}

function Content({ file, content }: { readonly file: OpenFile; readonly content: FileContent }) {
  switch (content.kind) {
    case 'text':
      return <CodeView key={file.path} file={file} isEditing={file.isEditing.value} onSave={() => void file.save()} />;
    case 'image':
      return (
        <div class="file-view__image">
          <img src={content.url} alt={nameOf(file.path)} />
        </div>
      );
    case 'binary':
      return (
        <div class="file-view__bytes" role="region" tabIndex={0} aria-label="The first bytes of the file">
          <p>
            No text.{' '}
            {content.bytes.length < content.size &&
              `The first ${sizeText(content.bytes.length)} of ${sizeText(content.size)}:`}
          </p>
          <pre>{hexLines(content.bytes).join('\n')}</pre>
        </div>
      );
  }
}
