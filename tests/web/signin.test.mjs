// With users: a token to come in, and a role that says what one may do.
import { api, ok, openWindow, test, until, watch } from "./harness.mjs";

async function addUser(server, name, role, token) {
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  return (await api(server, "/users", { method: "POST", headers, body: JSON.stringify({ name, role }) })).token;
}

async function signIn(page, server, name, token) {
  await page.goto(server.url);
  await page.fill("#signin-name", name);
  await page.fill("#signin-token", token);
  await page.click("button[type=submit]");
}

export async function run({ server, browser }) {
  const admin = await addUser(server, "Ada", "admin", "");
  const viewer = await addUser(server, "Vera", "viewer", admin);
  const headers = { Authorization: `Bearer ${admin}` };
  const { items } = await api(server, "/holes?limit=5&sort=file", { headers });

  await test("a wrong token is refused in words, the right one opens the page", async () => {
    const page = watch(await openWindow(browser, ""));
    await signIn(page, server, "Ada", "not-the-token");
    await page.waitForSelector(".signin .problem");
    await page.fill("#signin-token", admin);
    await page.click("button[type=submit]");
    await page.waitForSelector(".flag");
    ok((await page.textContent(".user")).includes("Ada"), "the user is named");
    await page.reload();
    await page.waitForSelector(".flag");
    await page.click("text=Sign out");
    await page.waitForSelector("#signin-name");
  });

  await test("a label is signed with the name of the user, whatever the browser says", async () => {
    const page = watch(await openWindow(browser, "Somebody"));
    await signIn(page, server, "Ada", admin);
    await page.waitForSelector(".flag");
    await page.goto(`${server.url}/#/review/${items[1].id}`);
    await until(async () => (await page.textContent(".hole-name h1")).includes(items[1].file.split("/").pop()), "the hole");
    await page.keyboard.press("Space");
    await until(async () => (await api(server, `/holes/${items[1].id}`, { headers })).hole.label?.author === "Ada", "Ada's label");
  });

  await test("a viewer looks at everything and changes nothing", async () => {
    const page = watch(await openWindow(browser, ""));
    await signIn(page, server, "Vera", viewer);
    await page.waitForSelector(".flag");
    await page.goto(`${server.url}/#/review/${items[2].id}`);
    await until(async () => (await page.textContent(".hole-name h1")).includes(items[2].file.split("/").pop()), "the hole");
    const before = await page.getAttribute(".flag.point-entry", "aria-valuenow");
    await page.keyboard.press("1");
    await page.keyboard.press("]");
    await page.waitForSelector(".toast");
    ok((await page.getAttribute(".flag.point-entry", "aria-valuenow")) === before, "the marker stays");
    const { hole } = await api(server, `/holes/${items[2].id}`, { headers });
    ok(hole.state === "auto", "nothing was stored");
  });
}
