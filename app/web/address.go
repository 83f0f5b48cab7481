package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// parseNetworks reads CIDR networks and single addresses.
func parseNetworks(texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if ip, err := netip.ParseAddr(text); err == nil {
			ip = ip.Unmap()
			out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q is neither an address nor a network", text)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// address is who sent the request: the other end of the connection, or, where that is a trusted proxy, the last entry of its header that no trusted
// proxy stands for. Entries before it are the sender's own word and count for nothing. The zero address when it cannot be read.
func (s *Server) address(r *http.Request) netip.Addr {
	ip := peer(r)
	said := s.forwardedBy(r).by
	for i := len(said) - 1; i >= 0; i-- {
		next, ok := nodeAddress(said[i])
		if !ok {
			return ip
		}
		if ip = next; !s.trusted(ip) {
			return ip
		}
	}
	return ip
}

func (s *Server) trusted(ip netip.Addr) bool {
	for _, p := range s.proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// payer is what limits count by: an IPv6 household has a whole /64 to itself.
func payer(ip netip.Addr) string {
	if !ip.Is6() {
		return ip.String()
	}
	network, err := ip.Prefix(64)
	if err != nil {
		return ip.String()
	}
	return network.String()
}
