// Light or dark: what the system prefers, or what the reader chose.
import { createStore } from "./store";

export type Choice = "system" | "light" | "dark";
const key = "gimlet.theme";
const media = matchMedia("(prefers-color-scheme: dark)");

function stored(): Choice {
  const value = localStorage.getItem(key);
  return value === "light" || value === "dark" ? value : "system";
}

const darkNow = (choice: Choice) => (choice === "system" ? media.matches : choice === "dark");

export const theme = createStore<{ choice: Choice; dark: boolean }>({ choice: stored(), dark: darkNow(stored()) });

function apply(): void {
  const { choice } = theme.get();
  theme.set({ dark: darkNow(choice) });
  document.documentElement.dataset.theme = theme.get().dark ? "dark" : "light";
}

export function chooseTheme(choice: Choice): void {
  if (choice === "system") localStorage.removeItem(key);
  else localStorage.setItem(key, choice);
  theme.set({ choice });
  apply();
}

export function startTheme(): void {
  media.addEventListener("change", apply);
  apply();
}

/** The present value of a custom property, for what is painted on a canvas: colour("--s1"). */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
