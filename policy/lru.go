package policy

import (
	"container/list"
	"sync"
)

// lru keeps the bounded number of values that were used last. It is safe for concurrent use, and get allocates nothing.
type lru[K comparable, V any] struct {
	mu    sync.Mutex
	bound int
	order *list.List // of *lruEntry[K, V], the last used first
	byKey map[K]*list.Element
}

type lruEntry[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](bound int) *lru[K, V] {
	return &lru[K, V]{bound: bound, order: list.New(), byKey: map[K]*list.Element{}}
}

func (c *lru[K, V]) get(key K) (value V, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, found := c.byKey[key]
	if !found {
		return value, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*lruEntry[K, V]).value, true
}

// put sets the value and drops the one that was not used for longest when there are too many.
func (c *lru[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, found := c.byKey[key]; found {
		element.Value.(*lruEntry[K, V]).value = value
		c.order.MoveToFront(element)
		return
	}
	c.add(key, value)
}

func (c *lru[K, V]) add(key K, value V) {
	c.byKey[key] = c.order.PushFront(&lruEntry[K, V]{key, value})
	if c.order.Len() > c.bound {
		last := c.order.Remove(c.order.Back()).(*lruEntry[K, V])
		delete(c.byKey, last.key)
	}
}

// getOrPut returns the value that is there, or puts a fresh one: everybody who asks gets the same.
func (c *lru[K, V]) getOrPut(key K, fresh func() V) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, found := c.byKey[key]; found {
		c.order.MoveToFront(element)
		return element.Value.(*lruEntry[K, V]).value
	}
	value := fresh()
	c.add(key, value)
	return value
}

func (c *lru[K, V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}
