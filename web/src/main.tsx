import { render } from "preact";
import { App } from "./app";
import { fetchPagesLater } from "./components/lazyPage";
import { toastError } from "./components/Toast";
import { prefetch } from "./pages/review/holeCache";
import { route } from "./router";
import { loadSession } from "./state/session";
import { startTheme } from "./state/theme";
import "./styles/main.css";

// what the first page needs is on its way while the page is drawn
void loadSession().catch(toastError);
const { page, rest } = route.get();
if (page === "review") prefetch([rest[0]]);
startTheme();
const place = document.getElementById("app");
if (place) render(<App />, place);
fetchPagesLater();
