// What every page of the studio needs of a script; all tasks work without it.
"use strict";

document.documentElement.classList.add("has-script");
