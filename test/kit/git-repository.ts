import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** A repository of its own in a directory, whatever the person's git is set to. */
export class GitRepository {
  private constructor(readonly root: string) {}

  /** With one commit, of `a.txt`, on `main`. */
  static create(root: string): GitRepository {
    const repository = new GitRepository(root);
    repository.git('init', '--quiet', '--initial-branch=main');
    repository.git('config', 'user.name', 'A Tester');
    repository.git('config', 'user.email', 'tester@example.invalid');
    repository.git('config', 'commit.gpgSign', 'false');
    repository.commit('a.txt', 'one\n');
    return repository;
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.root, file), text);
  }

  commit(file: string, text: string): void {
    this.write(file, text);
    this.git('add', file);
    this.git('commit', '--quiet', '--message', `changes ${file}`);
  }

  get branch(): string {
    return this.git('symbolic-ref', '--short', 'HEAD');
  }
}
