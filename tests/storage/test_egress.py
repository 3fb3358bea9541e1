"""Which addresses may be called: every spelling of what isn't public is refused, twice."""

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.egress import MAX_URL, AddressRefused, EgressPolicy, UrlRefused, literal_address

PUBLIC_ONLY = EgressPolicy()
ANY_SCHEME = EgressPolicy(allow_http=True)

PRIVATE_V4 = (
    "0.0.0.0",  # noqa: S104
    "0.0.0.1",
    "0.255.255.255",
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",  # Alibaba's metadata
    "100.127.255.255",
    "127.0.0.1",
    "127.0.0.53",
    "127.1.2.3",
    "127.255.255.255",
    "168.63.129.16",  # Azure's metadata
    "169.254.0.1",
    "169.254.169.254",  # metadata of most clouds
    "169.254.170.2",  # ECS task credentials
    "169.254.255.255",
    "172.16.0.1",
    "172.17.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.0.192",  # Oracle's metadata
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
)

PRIVATE_V6 = (
    "::",
    "::1",
    "::2",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::7f00:1",  # IPv4-compatible
    "::127.0.0.1",
    "::8.8.8.8",
    "::a9fe:a9fe",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::FFFF:7F00:0001",
    "0:0:0:0:0:ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:100.64.0.1",
    "::ffff:168.63.129.16",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:172.16.0.1",
    "::ffff:192.168.0.1",
    "::ffff:224.0.0.1",
    "::ffff:255.255.255.255",
    "::ffff:0.0.0.0",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "::ffff:0:7f00:1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::127.0.0.1",  # NAT64
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "64:ff9b:1::169.254.169.254",
    "64:ff9b:1:ffff:ffff:ffff:a9fe:a9fe",
    "100::1",  # discard
    "100:0:0:1::1",
    "2001::1",  # Teredo
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "2002:7f00:1::",  # 6to4
    "2002:7f00:1::1",
    "2002:a00:1::",
    "2002:a9fe:a9fe::",
    "2002:c0a8:1::1",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "8000::1",
    "e000::1",
    "f000::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",  # metadata of EC2
    "fd20:ce::254",  # metadata of Google's cloud
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff01::1",
    "ff02::1",
    "ff05::2",
    "ff0e::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
)

ODD_HOSTS = (
    # addresses of this machine and its neighbours, as C libraries and browsers read them
    "127.1",
    "127.0.1",
    "127.65530",
    "127.0.65530",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "0177.0000.0000.0001",
    "00000177.0.0.1",
    "0x7f000001",
    "0X7F000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "0x7F.0.0x0.1",
    "0x7f.0.1",
    "127.0x1",
    "127.0.0x1",
    "0127.0.0.1",
    "010.0.0.1",
    "10.1",
    "10.0.1",
    "167772161",
    "0xa000001",
    "0xA.1",
    "012.1",
    "0",
    "0.0",
    "0x0",
    "00",
    "0.0.0",
    "169.254.43518",
    "169.16689662",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "0xa9.254.0251.254",
    "0251.0376.0251.0376",
    "025177524776",
    "0251.254.169.254",
    "192.168.257",
    "192.11010049",
    "3232235777",
    "0xc0a80101",
    "030052000401",
    "0300.0250.1.1",
    "172.1048577",
    "2886729729",
    "0xac100001",
    "100.4194305",
    "4294967295",
    "0xffffffff",
    "037777777777",
    # with a dot at the end, which resolvers drop
    "127.0.0.1.",
    "127.1.",
    "2130706433.",
    "0x7f000001.",
    "169.254.169.254.",
    "10.0.0.1..",
    "127.0.0.1...",
    "localhost.",
    "localhost..",
    # public, but in a spelling that readers disagree about
    "8.1",
    "134744072",
    "0x8080808",
    "010.8.8.8",
    "08.8.8.8",
    "8.8.8.8.",
    "8.8.8.8..",
    "0x8.8.8.8",
    # what looks like an address and is none
    "256.256.256.256",
    "1.2.3.4.5",
    "127.0.0.0.1",
    "999.1.1.1",
    "4294967296",
    "0x100000000",
    "1.2.3.0x",
    "evil.example.1",
    "evil.example.0x7f",
    "127.0.0.1.1.",
    # other digits and letters
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "١٢٧.٠.٠.١",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ",
    "exämple.com",
    "exa\u00admple.com",
    "exam\u200bple.com",
    "ⓔxample.com",
    # percent signs never belong in a host
    "%31%32%37.0.0.1",
    "127.0.0.1%2e",
    "127%2E0%2E0%2E1",
    "localhost%00.example.com",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "example.com%23",
    # names that lead nowhere outside
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "foo.localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "ip6-loopback",
    "db",
    "metadata",
    "metadata.google.internal",
    "metadata.google.internal.",
    "instance-data.ec2.internal",
    "host.docker.internal",
    "printer.local",
    "router.lan",
    "nas.home",
    # not names
    ".",
    "..",
    ".example.com",
    "example..com",
    "example.com..",
    "-example.com",
    "example-.com",
    "exam,ple.com",
    "exam;ple.com",
    "exam'ple.com",
    'exam"ple.com',
    "exam!ple.com",
    "exam$ple.com",
    "exam&ple.com",
    "exam(ple).com",
    "exam*ple.com",
    "exam+ple.com",
    "exam=ple.com",
    "exam~ple.com",
    "{example}.com",
    "<example>.com",
    "example|com",
    "example`com",
    "a" * 64 + ".com",
    ".".join(["a" * 60] * 5) + ".com",
)

ODD_URLS = (
    "",
    "https",
    "https:",
    "https:/",
    "https://",
    "https:///",
    "https:///example.com/",
    "https:example.com",
    "https:/example.com",
    "https://:443/",
    "https://?x",
    "https://#x",
    "//example.com/",
    "/events",
    "example.com",
    "example.com:443/x",
    "ftp://example.com/",
    "file:///etc/passwd",
    "file://example.com/etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:11211/stats",
    "ldap://example.com/",
    "tftp://example.com/x",
    "ws://example.com/",
    "wss://example.com/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "jar:https://example.com!/",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "http2://example.com/",
    "httpss://example.com/",
    "https;//example.com/",
    "view-source:https://example.com/",
    "blob:https://example.com/x",
    # user names, and what some readers take for one
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://@example.com/",
    "https://:@example.com/",
    "https://:password@example.com/",
    "https://example.com@127.0.0.1/",
    "https://example.com:443@127.0.0.1/",
    "https://127.0.0.1@example.com/",
    "https://example.com%40127.0.0.1/",
    "https://a@b@127.0.0.1/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com\\.127.0.0.1/",
    "https:\\\\example.com\\",
    "https:/\\example.com/",
    "https://127.0.0.1\\example.com/",
    # white space and control characters
    " https://example.com/",
    "https://example.com/ ",
    "https://exa mple.com/",
    "https://example.com/a b",
    "https://example.com/\t",
    "https://exam\tple.com/",
    "https://example.com/\n",
    "ht\ntps://example.com/",
    "https://example.com/\r\nHost: other",
    "https://example.com/\x00",
    "https://example.com\x00.other.com/",
    "https://example.com/\x1f",
    "https://example.com/\x7f",
    "https://example.com/\x85",
    "https://example.com/\xa0",
    "https://example.com/\u2028",
    "https://example.com/\u200b",
    "https://example.com/\ud800",
    "\ufeffhttps://example.com/",
    # ports
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:99999999999/",
    "https://example.com:-1/",
    "https://example.com:+443/",
    "https://example.com:4_4/",
    "https://example.com:0x1bb/",
    "https://example.com:abc/",
    "https://example.com:４４３/",
    "https://example.com:443:443/",
    # brackets
    "https://[::1/",
    "https://::1]/",
    "https://::1/",
    "https://[]/",
    "https://[127.0.0.1]/",
    "https://[example.com]/",
    "https://[::1].example.com/",
    "https://[2606:4700::1111].example.com/",
    "https://[2606:4700::1111]x/",
    "https://x[2606:4700::1111]/",
    "https://[2606:4700::1111].:443/",
    "https://[v1.fe80::a]/",
    "https://[vF.127.0.0.1]/",
    "https://[::ffff:127.0.0.1.]/",
    "https://[::ffff:0x7f.0.0.1]/",
    "https://[1:2:3:4:5:6:7:8:9]/",
    "https://[::1::2]/",
    "https://[12345::]/",
    # zones
    "https://[fe80::1%eth0]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%251]/",
    "https://[::1%25lo]/",
    "https://[::1%lo]/",
    "https://[2606:4700::1111%251]/",
    "https://[2606:4700::1111%25eth0]/",
    "https://[::ffff:127.0.0.1%251]/",
    # the rest
    "https://example.com/#fragment",
    "https://example.com/#",
    "https://example.com/" + "x" * MAX_URL,
)

GOOD_URLS = (
    "https://example.com",
    "https://example.com/",
    "HTTPS://EXAMPLE.COM/",
    "https://example.com:8443/qonto/customer-42?token=a%20b&x=1",
    "https://example.com:/x",
    "https://example.com./x",
    "https://a.b.c.example.co.uk/",
    "https://xn--exmple-cua.com/",
    "https://3com.com/",
    "https://1.2.3.4.example.com/",
    "https://under_score.example.com/",
    "https://example.com/été",
    "https://example.com/a@b:c",
    "https://example.com/?next=http://127.0.0.1/",
    "https://localhost.example.com/",
    "https://127.0.0.1.example.com/",
    "https://0x7f.example.com/",
    "https://8.8.8.8/",
    "https://1.1.1.1:8443/",
    "https://100.63.255.255/",
    "https://100.128.0.1/",
    "https://172.15.255.255/",
    "https://172.32.0.1/",
    "https://192.167.255.255/",
    "https://223.255.255.254/",
    "https://[2606:4700:4700::1111]/",
    "https://[2606:4700:4700::1111]:8443/x",
    "https://[2001:4860:4860::8888]/",
    "https://[2A00:1450:4001:0:0:0:0:1]/",
)


def refuses(policy: EgressPolicy, url: str) -> str | None:
    """Return the code a URL is refused with; None when it's accepted."""
    try:
        policy.check_url(url)
    except UrlRefused as refused:
        return refused.code
    return None


def connects(policy: EgressPolicy, address: str, *, zone: int = 0) -> bool:
    """Say whether a socket to this address, already resolved, would be made."""
    where: Any = (address, 443)
    if ":" in address:
        where = (address, 443, 0, zone)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        policy.socket_factory()((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where)).close()
    except AddressRefused:
        return False
    return True


@pytest.fixture
def closed_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """The factory's sockets are never connected here; a stand-in says that one was made."""

    class Made:
        def __init__(self, *_: object) -> None: ...
        def close(self) -> None: ...

    monkeypatch.setattr("storage.egress.socket.socket", Made)


def test_the_lists_are_long_enough_to_mean_something() -> None:
    bad = {*PRIVATE_V4, *PRIVATE_V6, *ODD_HOSTS, *ODD_URLS}
    assert len(bad) >= 300
    assert len(bad) == len(PRIVATE_V4) + len(PRIVATE_V6) + len(ODD_HOSTS) + len(ODD_URLS)


@pytest.mark.parametrize("address", PRIVATE_V4)
def test_no_url_with_a_private_ipv4_address_is_accepted(address: str) -> None:
    for url in (f"https://{address}/", f"https://{address}:8443/x", f"http://{address}/"):
        assert refuses(PUBLIC_ONLY, url) == "ADDRESS_NOT_PUBLIC"
        assert refuses(ANY_SCHEME, url) == "ADDRESS_NOT_PUBLIC"


@pytest.mark.parametrize("address", PRIVATE_V6)
def test_no_url_with_a_private_ipv6_address_is_accepted(address: str) -> None:
    for url in (f"https://[{address}]/", f"https://[{address.upper()}]:8443/x"):
        assert refuses(PUBLIC_ONLY, url) == "ADDRESS_NOT_PUBLIC"
        assert refuses(ANY_SCHEME, url) == "ADDRESS_NOT_PUBLIC"


@pytest.mark.parametrize("address", [*PRIVATE_V4, *PRIVATE_V6])
def test_no_socket_is_made_to_a_private_address(address: str, closed_world: None) -> None:
    assert not connects(PUBLIC_ONLY, address)


@pytest.mark.parametrize("host", ODD_HOSTS, ids=ascii)
def test_no_odd_spelling_of_a_host_is_accepted(host: str) -> None:
    for url in (f"https://{host}/", f"https://{host}:8443/x", f"https://{host}"):
        assert refuses(PUBLIC_ONLY, url) is not None
        assert refuses(ANY_SCHEME, url) is not None


@pytest.mark.parametrize("host", [host for host in ODD_HOSTS if literal_address(host)])
def test_no_socket_is_made_to_an_address_in_an_odd_spelling(host: str, closed_world: None) -> None:
    assert not connects(PUBLIC_ONLY, host)


@pytest.mark.parametrize("url", ODD_URLS, ids=lambda url: ascii(url)[:50])
def test_no_odd_url_is_accepted(url: str) -> None:
    assert refuses(PUBLIC_ONLY, url) is not None
    assert refuses(EgressPolicy.of(("0.0.0.0/0", "::/0"), allow_http=True), url) is not None


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_public_url_is_accepted(url: str) -> None:
    assert refuses(PUBLIC_ONLY, url) is None


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "223.255.255.254", "2606:4700:4700::1111", "::ffff:8.8.8.8"],
)
def test_a_socket_to_a_public_address_is_made(address: str, closed_world: None) -> None:
    assert connects(PUBLIC_ONLY, address)


@pytest.mark.parametrize("address", ["2606:4700:4700::1111", "fe80::1", "::1"])
def test_a_zone_is_refused_even_where_everything_is_allowed(
    address: str, closed_world: None
) -> None:
    everything = EgressPolicy.of(("0.0.0.0/0", "::/0"), allow_http=True)
    assert connects(everything, address)
    assert not connects(everything, address, zone=2)
    assert not connects(everything, f"{address}%eth0")
    assert not connects(everything, f"{address}%2")


def test_http_is_refused_unless_a_setting_allows_it() -> None:
    assert refuses(PUBLIC_ONLY, "http://example.com/") == "HTTPS_REQUIRED"
    assert refuses(ANY_SCHEME, "http://example.com/") is None


def test_allowed_networks_are_allowed_and_nothing_beside_them(closed_world: None) -> None:
    inside = EgressPolicy.of(("127.0.0.0/8", "10.1.0.0/16", "::1/128"), allow_http=True)
    for address in ("127.0.0.1", "127.255.255.255", "10.1.2.3", "::1", "::ffff:127.0.0.1"):
        url = f"http://[{address}]/" if ":" in address else f"http://{address}/"
        assert refuses(inside, url) is None
        assert connects(inside, address)
    for address in ("10.2.0.1", "169.254.169.254", "::2", "fe80::1", "::ffff:10.2.0.1"):
        url = f"http://[{address}]/" if ":" in address else f"http://{address}/"
        assert refuses(inside, url) == "ADDRESS_NOT_PUBLIC"
        assert not connects(inside, address)
    for address in ("64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1"):
        assert not connects(inside, address), "an allowed network is not entered in disguise"
    assert refuses(inside, "http://localhost:8080/") is None
    assert refuses(inside, "http://127.1/") is not None, "spellings stay strict"


def test_what_is_denied_is_not_called_although_it_is_public_or_allowed(closed_world: None) -> None:
    policy = EgressPolicy.of(
        ("10.0.0.0/8", "64:ff9b::/96", "2002::/16", "::1/128"),
        allow_http=True,
        denied=("8.8.8.0/24", "10.9.0.0/16", "2606:4700::/32"),
    )
    for address in (
        "8.8.8.8",
        "10.9.1.2",
        "2606:4700:4700::1111",
        "::ffff:8.8.8.8",
        "::ffff:10.9.1.2",
        "64:ff9b::8.8.8.8",
        "64:ff9b::10.9.1.2",
        "2002:a09:102::1",
    ):
        url = f"https://[{address}]/" if ":" in address else f"https://{address}/"
        assert refuses(policy, url) == "ADDRESS_NOT_PUBLIC"
        assert not connects(policy, address)
    for address in ("8.8.4.4", "10.8.1.2", "2a00::1", "64:ff9b::8.8.4.4", "::1"):
        assert connects(policy, address)
    everything = EgressPolicy.of(("0.0.0.0/0",), allow_http=True, denied=("0.0.0.0/0",))
    assert not connects(everything, "8.8.8.8")


@given(st.ip_addresses())
def test_denying_a_network_never_permits_more(address: Any) -> None:
    policy = EgressPolicy.of(("10.0.0.0/8",), allow_http=True)
    stricter = EgressPolicy.of(("10.0.0.0/8",), allow_http=True, denied=("8.0.0.0/7", "2000::/4"))
    assert policy.permits(address) or not stricter.permits(address)


@pytest.mark.parametrize(
    ("host", "denied"),
    [
        ("corp.example", True),
        ("CORP.example", True),
        ("corp.example.", True),
        ("hooks.corp.example", True),
        ("a.b.corp.example:8443", True),
        ("notcorp.example", False),
        ("corp.example.com", False),
        ("example", False),
    ],
)
def test_a_denied_host_is_denied_with_all_names_below_it(host: str, denied: bool) -> None:
    policy = EgressPolicy.of(("127.0.0.0/8",), allow_http=True, denied_hosts=("*.Corp.Example.",))
    assert refuses(policy, f"https://{host}/") == ("HOST_DENIED" if denied else None)


def test_a_network_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="host bits set"):
        EgressPolicy.of(("127.0.0.1/8",), allow_http=True)


def spellings(number: int) -> list[str]:
    """Write an IPv4 address in the ways inet_aton reads."""
    a, b, c, d = number.to_bytes(4, "big")
    return [
        f"{a}.{b}.{c}.{d}",
        f"{number}",
        f"{number:#x}",
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#x}.0{b:o}.{number & 0xFFFF}",
        f"{a}.{b}.{c}.{d}.",
    ]


private_numbers = st.sampled_from(
    [ipaddress.ip_network(text) for text in ("127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16")]
).flatmap(lambda net: st.integers(int(net[0]), int(net[-1])))


@given(private_numbers)
def test_a_private_address_is_refused_however_it_is_written(number: int) -> None:
    for spelling in spellings(number):
        assert refuses(ANY_SCHEME, f"http://{spelling}/") is not None, spelling


@given(st.integers(0, 2**32 - 1))
def test_every_spelling_is_read_as_the_same_address(number: int) -> None:
    for spelling in spellings(number):
        assert literal_address(spelling) == ipaddress.IPv4Address(number), spelling


@given(st.integers(0, 2**32 - 1))
def test_the_url_check_and_the_socket_agree_on_plain_addresses(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | number)
    assert (refuses(PUBLIC_ONLY, f"https://{address}/") is None) == PUBLIC_ONLY.permits(address)
    assert PUBLIC_ONLY.permits(mapped) == PUBLIC_ONLY.permits(address)


@given(private_numbers)
def test_no_way_to_wrap_an_ipv4_address_in_ipv6_leads_to_it(number: int) -> None:
    for prefix, shift in (
        ("::", 0),
        ("::ffff:0:0", 0),
        ("::ffff:0:0:0", 0),
        ("64:ff9b::", 0),
        ("64:ff9b:1::", 0),
        ("2002::", 80),
    ):
        wrapped = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | (number << shift))
        assert not PUBLIC_ONLY.permits(wrapped), wrapped


@given(st.ip_addresses())
def test_only_global_addresses_are_permitted(address: Any) -> None:
    if PUBLIC_ONLY.permits(address):
        address = getattr(address, "ipv4_mapped", None) or address
        assert not (
            address.is_private
            or address.is_loopback
            or address.is_link_local
            or address.is_multicast
            or address.is_reserved
            or address.is_unspecified
        )


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"https://{text}/"))
def test_any_text_is_judged_without_failing(text: str) -> None:
    for policy in (PUBLIC_ONLY, EgressPolicy.of(("0.0.0.0/0", "::/0"), allow_http=True)):
        refuses(policy, text)
