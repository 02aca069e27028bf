"""Turn the settings of Newspack, a newsroom's WordPress, into a policy.

What is read is what the plugins themselves write, by their published source: the export of
campaigns (`wp newspack-popups export`; github.com/Automattic/newspack-popups at commit 8757bd0a,
`includes/schemas/` and `includes/class-newspack-popups-exporter.php`), and content gates as their
REST API has them (github.com/Automattic/newspack-plugin, `includes/content-gate/`:
`class-content-gate.php` at 3a1cd542 and later, `class-content-gate-api.php` at a2ff925d). What they
mean is in `class-metering.php` at 00a09532, `class-content-restriction-control.php` at 00eef355,
`class-access-rules.php` at 01338640 and `src/content-gate/metering.js` at 22f565cc of the plugin,
and in `src/view/utils/` and `src/criteria/` of the campaigns.
"""
