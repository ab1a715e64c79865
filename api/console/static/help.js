import { onKeys } from "./page.js";

onKeys({ Escape: () => history.back(), u: () => location.assign("/console") });
