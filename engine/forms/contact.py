"""Email addresses and international telephone numbers, as form-js tests them (``validationType``)."""

from __future__ import annotations

import re

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*\Z", re.A)

# ITU-T E.164 country codes and some area codes of the North American plan.
_CODES = """
1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 76 77 81 82 84
86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237
238 239 240 241 242 243 244 245 246 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268
269 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 379 380 381 382 383
385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 670 672 673
674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 850 852 853 855 856 880 886 960 961 962 963
964 965 966 967 968 970 971 972 973 974 975 976 977 992 993 994 995 996 998 1242 1246 1264 1268 1284 1340 1345 1441
1473 1649 1664 1670 1671 1684 1721 1758 1767 1784 1787 1809 1829 1849 1868 1869 1876 1939 4779 5999 3906698
"""
# The browser wants, after the code, digits that begin like a country code again; so do we, to agree with it.
_BEGIN = (
    r"9[976]\d|8[987530]\d|6[987]\d|5[90]\d|42\d|3[875]\d|2[98654321]\d|9[8543210]|8[6421]|6[6543210]"
    r"|5[87654321]|4[987654310]|3[9643210]|2[70]|7|1"
)
_PHONE = re.compile(rf"(?:\+|00)(?:{'|'.join(re.findall('[0-9]+', _CODES))})(?:{_BEGIN})\d{{4,20}}\Z", re.A)


def is_email(text: str) -> bool:
    return len(text) <= 320 and _EMAIL.match(text) is not None


def is_phone(text: str) -> bool:
    """Found at the end of the text, as the browser's test is not anchored at the beginning."""
    return len(text) <= 100 and any(_PHONE.match(text, at) for at in range(len(text)))
