// Light or dark: what the system prefers, or what the reader chose.
import { createStore } from "./store";

export type Choice = "system" | "light" | "dark";
const key = "gimlet.theme";
const colours = new Map<string, string>();
const media = matchMedia("(prefers-color-scheme: dark)");

function stored(): Choice {
  const value = localStorage.getItem(key);
  return value === "light" || value === "dark" ? value : "system";
}

const darkNow = (choice: Choice) => (choice === "system" ? media.matches : choice === "dark");

export const theme = createStore<{ choice: Choice; dark: boolean }>({ choice: stored(), dark: darkNow(stored()) });

function apply(): void {
  const { choice } = theme.get();
  colours.clear();
  document.documentElement.dataset.theme = darkNow(choice) ? "dark" : "light";
  theme.set({ dark: darkNow(choice) });
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
  const known = colours.get(name);
  if (known) return known;
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  if (value) colours.set(name, value);
  return value;
}
