"""A list of networks, and whether an address is in one of them."""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable


class Networks:
    """Asked in the logarithm of their number."""

    def __init__(self, written: Iterable[str]) -> None:
        parsed = [ipaddress.ip_network(each) for each in written]
        self._ranges: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for version, ranges in self._ranges.items():
            same = [each for each in parsed if each.version == version]
            # Collapsed, they are sorted, and none overlaps another.
            for each in ipaddress.collapse_addresses(same):  # type: ignore[type-var]  # of one version
                ranges.append((int(each.network_address), int(each.broadcast_address)))

    def __contains__(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        ranges = self._ranges[ip.version]
        at = bisect_right(ranges, (int(ip), 1 << 128)) - 1
        return at >= 0 and ranges[at][0] <= int(ip) <= ranges[at][1]
