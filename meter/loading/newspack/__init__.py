"""Turn the settings of Newspack, a newsroom's WordPress, into a policy.

What is read is what the plugins themselves write, by their published source. Campaigns are those of
`wp newspack-popups export` (github.com/Automattic/newspack-popups at commit 8757bd0a,
`includes/schemas/` and `includes/class-newspack-popups-exporter.php`). Content gates are as their
REST API answers them (github.com/Automattic/newspack-plugin,
`includes/wizards/audience/class-audience-content-gates.php` at 00ba6d34, and in
`includes/content-gate/` `class-content-gate.php` at 3a1cd542 and later and
`class-content-gate-api.php` at a2ff925d). What they mean is in `class-metering.php` at 00a09532,
`class-content-restriction-control.php` at 00eef355, `class-access-rules.php` at 01338640 and
`src/content-gate/metering.js` at 22f565cc of the plugin, and in `src/view/utils/` and
`src/criteria/` of the campaigns.
"""
