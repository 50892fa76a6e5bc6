package corpus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func pmOneOfEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	id, ok := pmLeases{s}.byContract(ctx, "C-0212")
	if !ok {
		return errors.New("no lease")
	}
	lease := (pmLeases{s}).find(ctx, "id = ?", id)[0]
	tenant := pmTenants{s}.ByID(ctx, lease.tenant)
	var number, building string
	var house int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT number, building_id FROM flats WHERE id = ?"), lease.flat), &number, &house)
	one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM buildings WHERE id = ?"), house), &building)
	if tenant.name == "" || number == "" || building == "" {
		return errors.New("something is missing")
	}
	return nil
}

func pmMove(ctx context.Context, e *Env) error {
	s := whOpen(e)
	areaOf := func(number string) (area int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT area FROM flats WHERE building_id = ? AND number = ?"), 2, number), &area)
		return area
	}
	left, moved := areaOf("W05"), areaOf("W08")
	if left == moved {
		return errors.New("the same")
	}
	pmTenants{s}.ByID(ctx, 7)
	return nil
}

type pmTariffCache struct {
	whStore
	prices map[string]int64
}

func (c *pmTariffCache) get(ctx context.Context, city, kind string) int64 {
	if c.prices == nil {
		c.prices = map[string]int64{}
		type tariff struct {
			city, kind string
			price      int64
		}
		for _, t := range whScan[tariff](c.db.QueryContext(ctx, "SELECT city, kind, price FROM tariffs"))(func(t *tariff) []any { return []any{&t.city, &t.kind, &t.price} }) {
			c.prices[t.city+"/"+t.kind] = t.price
		}
	}
	return c.prices[city+"/"+kind]
}

func pmTariffsOnce(ctx context.Context, e *Env) error {
	c := &pmTariffCache{whStore: whOpen(e)}
	type place struct{ city, kind string }
	for _, p := range whScan[place](c.db.QueryContext(ctx, "SELECT b.city, m.kind FROM meters m JOIN flats f ON f.id = m.flat_id JOIN buildings b ON b.id = f.building_id"))(func(p *place) []any { return []any{&p.city, &p.kind} }) {
		if c.get(ctx, p.city, p.kind) == 0 {
			return fmt.Errorf("no price in %s", p.city)
		}
	}
	return nil
}

func pmMisses(ctx context.Context, e *Env) error {
	s := whOpen(e)
	names := map[int64]string{}
	fill := func(flats []int64) {
		lack := map[int64]bool{}
		for _, id := range flats {
			if _, ok := names[id]; !ok {
				lack[id] = true
			}
		}
		ids := slices.Sorted(maps.Keys(lack))
		if len(ids) == 0 {
			return
		}
		type building struct {
			id   int64
			name string
		}
		for _, b := range whScan[building](s.db.QueryContext(ctx, s.q("SELECT id, name FROM buildings WHERE id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))(func(b *building) []any { return []any{&b.id, &b.name} }) {
			names[b.id] = b.name
		}
	}
	for _, offset := range []int{0, 12} {
		fill(pmIDs(ctx, s, "SELECT building_id FROM flats ORDER BY number LIMIT 12 OFFSET ?", offset))
	}
	if len(names) != 6 {
		return errors.New("a building is missing")
	}
	return nil
}

func pmGrouped(ctx context.Context, e *Env) error {
	s := whOpen(e)
	byFlat := map[int64][]int64{}
	for _, p := range pairs(s.db.QueryContext(ctx, s.q("SELECT f.id, l.rent FROM flats f JOIN leases l ON l.flat_id = f.id WHERE f.deleted_at = ? ORDER BY f.id"), 0)) {
		byFlat[p[0]] = append(byFlat[p[0]], p[1])
	}
	var lines []string
	for _, flat := range slices.Sorted(maps.Keys(byFlat)) {
		lines = append(lines, fmt.Sprintf("%d: %v", flat, byFlat[flat]))
	}
	if strings.Join(lines, "\n") == "" {
		return errors.New("nothing is let")
	}
	return nil
}

func pmByWindow(ctx context.Context, e *Env) error {
	s := whOpen(e)
	newest := pairs(s.db.QueryContext(ctx, "SELECT meter_id, value FROM (SELECT r.meter_id, r.value, ROW_NUMBER() OVER (PARTITION BY r.meter_id ORDER BY r.day DESC) AS place FROM readings r JOIN meters m ON m.id = r.meter_id WHERE m.kind = 'water') ranked WHERE place = 1"))
	if len(newest) == 0 {
		return errors.New("no water")
	}
	return nil
}
