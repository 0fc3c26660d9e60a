import type { Page } from 'playwright-core';

/** Goes to the conversations of the one environment, and begins one. */
export async function beginConversation(page: Page): Promise<void> {
  await page.getByRole('link', { name: /laptop/ }).click();
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.getByText('Nothing was asked here yet').waitFor();
}

/** Gives an input. */
export async function give(page: Page, text: string): Promise<void> {
  await inputOf(page).fill(text);
  await inputOf(page).press('Enter');
}

export const inputOf = (page: Page) => page.getByRole('textbox', { name: 'Input' });

/** The rows of a transcript that are drawn. */
export const rowsOf = (page: Page) => page.locator('.virtual-list__row');
