"""What people's browsers and apps say in their `User-Agent`: no crawler is known by such a word."""

from __future__ import annotations

import re

__all__ = ["is_said_by_people"]

_PEOPLE = """
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)
Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0 OPR/122.0.0.0 (Edition std-1) Vivaldi/7.6
YaBrowser/25.8.0.0 Yowser/2.5 Ddg/17.6 Brave/1.82 Whale/4.33 Avast/140.0 QQBrowser/13.0
Norton/140.0 AVG/140.0 CCleaner/140.0

Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0; .NET CLR; Touch; MALC) like Gecko
Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM)
Mozilla/5.0 (X11; CrOS x86_64 14541.0.0; Ubuntu; Fedora; Linux aarch64; en-US; rv:143.0)
Gecko/20100101 Firefox/143.0 SeaMonkey/2.53 Waterfox/6.6 Chromium/140.0

Mozilla/5.0 (Linux; U; Android 16; SM-S938B Build/AP3A.240905.015; wv; en-gb; Pixel 10 Pro; K;
Redmi; Xiaomi; HUAWEI; OnePlus; Nokia; moto; LG-H870; GT-I9505; CPH2671; Infinix; TECNO; vivo;
HONOR; realme; Tablet; rv:143.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0
Chrome/140.0.0.0 Mobile Safari/537.36 SamsungBrowser/28.0 EdgA/140.0 OPX/2.9 OPT/6.1
UCBrowser/13.7 XiaoMi/MiuiBrowser/14.4 HuaweiBrowser/15.0 HeyTapBrowser/45.11 VivoBrowser/20.1
DuckDuckGo/5 Ecosia android Puffin/10 Silk/140.1 like Chrome/140.0.0.0 Klar/143 Focus/8
Opera/9.80 (J2ME/MIDP; Opera Mini/36.2/191.273; U; en) Presto/2.12 Version/12.16

Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)
Version/26.0 Mobile/15E148 Safari/604.1 CriOS/140.0 FxiOS/143.0 EdgiOS/140.0 OPiOS/16.0 GSA/386.0
YaApp_iOS/25.8
Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) (iPod touch; CPU iPhone OS 12_5 like Mac OS X)
Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7; PPC) AppleWebKit/605.1.15 (KHTML, like Gecko)
Version/26.0 Safari/605.1.15

Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0; Web0S; PlayStation 5; Nintendo Switch; Xbox; Kindle;
BlackBerry; KAIOS/3.0; Linux armv7l) AppleWebKit/537.36 SmartTV TV Safari/537.36
Mozilla/5.0 (Linux; Android 16) [FBAN/FBIOS;FBAV/530.0;FBBV/7;FBDV/iPhone17,1;FB_IAB/FB4A;
IABMV/1;] Instagram 400.0 Barcelona Line/15.13 Snapchat/13.5 [Pinterest/iOS] musical_ly
BytedanceWebview trill WhatsApp/2 Twitter for iPhone [LinkedInApp]/9 KAKAOTALK NAVER(inapp;
search; MicroMessenger/8.0 NetType/WIFI Language/en Weibo AliApp Teams/1 Slack/4 Electron/37.0
"""
"""Made of what is seen in the logs of sites; several browsers of one kind stand in one line."""
_NUMBERS = re.compile(r"(?<=/)\d[\w.]*|[\d._]+")


def _form(text: str) -> str:
    """Return a text without what a new version or another machine says otherwise."""
    return " ".join(_NUMBERS.sub("", text.lower()).split())


_SAID = _form(_PEOPLE)


def is_said_by_people(word: str) -> bool:
    """Say whether a word is in the `User-Agent` of a browser, whatever its version.

    >>> is_said_by_people("CriOS/141"), is_said_by_people("Googlebot")
    (True, False)
    """
    return _form(word) in _SAID
