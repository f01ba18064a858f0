/*
 * The search of one component (search.py) in plain C: same order, same ties, same count of states.
 *
 * It gets and gives arrays of 64-bit integers and nothing else. Tables say for each cluster, unit and state
 * what the state may become and what that gains; search.py has the words for what is done here, function by
 * function. All memory of a call hangs on one arena that is freed at its end. Whatever does not surely fit
 * (numbers that might overflow, states of more than 62 bits, no memory, a table that is not sound) is handed
 * back with a code, and Python does it instead.
 *
 *   in:  units, clusters, states_max, small, beam, sweeps,
 *        rank of each unit's base, place of each cluster in `in`
 *   cluster: states, count of units, place of `ends` (a flag for each state), then for each unit its number
 *            and the place of its table
 *   table:   place of its moves, count of gains, gains, their ranks
 *   moves:   count of ways, first way of each state and the end, next states, numbers of gains
 *   out: states met, whether it is proven, then for each unit (cluster or -1, state before, way from there)
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define POS_EXPORT __declspec(dllexport)
#else
#define POS_EXPORT __attribute__((visibility("default")))
#endif

#ifndef POS_SOURCE
#define POS_SOURCE 0
#endif

typedef int64_t i64;

enum { DONE = 0, NOT_HERE = 1, NOT_SOUND = 2 };

#define NONE (INT64_MIN / 2) /* no value: no way from here to an end */
#define MOST (INT64_MAX / 4)
#define TOP ((i64)1 << 58)
#define CELLS_MAX ((i64)1 << 22)
#define HEAD 6
#define WORDS_MAX ((i64)1 << 26)

/* ------------------------------------------------------------------ memory */
typedef struct Block {
    struct Block *before;
} Block;

typedef struct {
    Block *last;
    char *at, *end;
} Arena;

static void *taken(Arena *arena, size_t count, size_t size) {
    size_t bytes;
    Block *block;
    void *given;
    if (count > (size_t)WORDS_MAX) return NULL;
    bytes = (count * size + 15) & ~(size_t)15;
    if ((size_t)(arena->end - arena->at) < bytes) {
        size_t whole = bytes > 32768 ? bytes : 32768;
        block = malloc(sizeof(Block) + 16 + whole);
        if (!block) return NULL;
        block->before = arena->last;
        arena->last = block;
        arena->at = (char *)(((uintptr_t)(block + 1) + 15) & ~(uintptr_t)15);
        arena->end = arena->at + whole;
    }
    given = arena->at;
    arena->at += bytes;
    return given;
}

static void freed(Arena *arena) {
    while (arena->last) {
        Block *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
}

/* ------------------------------------------------------------------ tables */
typedef struct {
    const i64 *first, *target, *kind, *gain, *rank;
} Row;

typedef struct {
    i64 states, count, most_reached;
    const i64 *ends;
    i64 *position;
    Row *row;
    char *reach; /* (count + 1) x states: whether a state is met before the k-th unit */
    i64 *back;   /* (count + 1) x states: the best still to gain */
    i64 *ahead, *then;
    i64 group;
    int shift, bits;
} Cluster;

typedef struct {
    i64 state, loss;
    int32_t before, cluster, own, way;
    int32_t is_dead;
} Reached;

typedef struct {
    i64 rank, delta, loss;
    int32_t cluster, own, way;
} Turn;

typedef struct {
    int32_t cluster, k;
} Pair;

typedef struct {
    i64 state, here, alone, cleared;
} Standing;

typedef struct {
    Arena arena;
    i64 units, count, states_max, small, beam, sweeps, states, is_proven;
    const i64 *base_rank;
    Cluster *clusters;
    i64 *out;
    /* one part: its clusters and the units that they share */
    int32_t *part;
    i64 part_count, places;
    i64 *order, *duals, *kept;
    i64 *first_pair;
    Pair *pairs;
    uint64_t *masks;
    Turn *turns;
    Standing *standing;
    /* layers of one run */
    Reached *met;
    i64 met_max, met_count;
    i64 *layer_end;
    int32_t *slots;
    i64 slots_max;
} Search;

static int in_range(i64 at, i64 count, i64 n) { return at >= 0 && count >= 0 && at <= n && count <= n - at; }

static int read_row(const i64 *in, i64 n, i64 at, i64 states, Row *row, i64 *largest) {
    i64 moves, kinds, ways, k;
    if (!in_range(at, 2, n)) return NOT_SOUND;
    moves = in[at];
    kinds = in[at + 1];
    if (kinds < 0 || kinds > n || !in_range(at + 2, 2 * kinds, n) || !in_range(moves, 1, n)) return NOT_SOUND;
    ways = in[moves];
    if (ways < 0 || ways > n || !in_range(moves + 1, states + 1 + 2 * ways, n)) return NOT_SOUND;
    row->gain = in + at + 2;
    row->rank = row->gain + kinds;
    row->first = in + moves + 1;
    row->target = row->first + states + 1;
    row->kind = row->target + ways;
    if (row->first[0] != 0 || row->first[states] != ways) return NOT_SOUND;
    for (k = 0; k < states; k++)
        if (row->first[k] > row->first[k + 1]) return NOT_SOUND;
    for (k = 0; k < ways; k++) {
        if (row->target[k] < 0 || row->target[k] >= states) return NOT_SOUND;
        if (row->kind[k] < 0 || row->kind[k] >= kinds) return NOT_SOUND;
    }
    for (k = 0; k < kinds; k++) {
        i64 size = row->gain[k];
        if (size > TOP || size < -TOP) return NOT_HERE;
        size = size < 0 ? -size : size;
        if (size > *largest) *largest = size;
    }
    return DONE;
}

static int read_cluster(Search *search, const i64 *in, i64 n, i64 at, Cluster *cluster, i64 *largest) {
    i64 k, ends;
    if (!in_range(at, 3, n)) return NOT_SOUND;
    cluster->states = in[at];
    cluster->count = in[at + 1];
    ends = in[at + 2];
    if (cluster->states < 1 || cluster->count < 1 || cluster->count > search->units) return NOT_SOUND;
    if (!in_range(at + 3, 2 * cluster->count, n) || !in_range(ends, cluster->states, n)) return NOT_SOUND;
    cluster->ends = in + ends;
    if (!cluster->ends[0]) return NOT_HERE;
    if (cluster->states > CELLS_MAX / (cluster->count + 1)) return NOT_HERE;
    cluster->position = taken(&search->arena, cluster->count, sizeof(i64));
    cluster->row = taken(&search->arena, cluster->count, sizeof(Row));
    cluster->reach = taken(&search->arena, (cluster->count + 1) * cluster->states, 1);
    cluster->back = taken(&search->arena, (cluster->count + 1) * cluster->states, sizeof(i64));
    cluster->ahead = taken(&search->arena, cluster->states, sizeof(i64));
    cluster->then = taken(&search->arena, cluster->states, sizeof(i64));
    if (!cluster->position || !cluster->row || !cluster->reach || !cluster->back || !cluster->ahead ||
        !cluster->then)
        return NOT_HERE;
    for (k = 0; k < cluster->count; k++) {
        i64 position = in[at + 3 + 2 * k];
        int code;
        if (position < 0 || position >= search->units) return NOT_SOUND;
        if (k && position <= cluster->position[k - 1]) return NOT_SOUND;
        cluster->position[k] = position;
        if (k && in[at + 4 + 2 * k] == in[at + 2 + 2 * k]) {
            cluster->row[k] = cluster->row[k - 1];
        } else {
            code = read_row(in, n, in[at + 4 + 2 * k], cluster->states, &cluster->row[k], largest);
            if (code) return code;
        }
    }
    cluster->bits = 1;
    while (((i64)1 << cluster->bits) < cluster->states) cluster->bits++;
    return DONE;
}

/* Cluster.tabulate: states met before each unit; -1 where there are more than allowed. */
static i64 tabulate(Cluster *cluster, i64 states_max, i64 *met) {
    i64 k, s, w, count = 0;
    memset(cluster->reach, 0, (size_t)((cluster->count + 1) * cluster->states));
    cluster->reach[0] = 1;
    cluster->most_reached = 0;
    for (k = 0; k < cluster->count; k++) {
        const Row *row = &cluster->row[k];
        const char *now = cluster->reach + k * cluster->states;
        char *after = cluster->reach + (k + 1) * cluster->states;
        i64 here = 0;
        for (s = 0; s < cluster->states; s++) {
            if (!now[s]) continue;
            here++;
            after[s] = 1;
            for (w = row->first[s]; w < row->first[s + 1]; w++) after[row->target[w]] = 1;
        }
        if (here > cluster->most_reached) cluster->most_reached = here;
        count += here;
        if (count > states_max) {
            *met = count;
            return -1;
        }
    }
    *met = count;
    return count;
}

/* Cluster.backward: the best plan's value with a price on each unit. */
static i64 backward(Cluster *cluster, const i64 *duals) {
    i64 k, s, w, states = cluster->states;
    i64 *last = cluster->back + cluster->count * states;
    const char *met = cluster->reach + cluster->count * states;
    for (s = 0; s < states; s++) last[s] = met[s] && cluster->ends[s] ? 0 : NONE;
    for (k = cluster->count - 1; k >= 0; k--) {
        const Row *row = &cluster->row[k];
        const i64 *after = cluster->back + (k + 1) * states;
        i64 *now = cluster->back + k * states;
        i64 dual = duals[cluster->position[k]];
        met = cluster->reach + k * states;
        for (s = 0; s < states; s++) {
            i64 best = NONE;
            if (met[s]) {
                best = after[s];
                for (w = row->first[s]; w < row->first[s + 1]; w++) {
                    i64 rest = after[row->target[w]];
                    if (rest == NONE) continue;
                    rest += row->gain[row->kind[w]] - dual;
                    if (rest > best) best = rest;
                }
            }
            now[s] = best;
        }
    }
    return cluster->back[0];
}

/* Cluster.margin */
static i64 margin(const Cluster *cluster, i64 k) {
    i64 s, w, with_it = NONE, without = NONE;
    const Row *row = &cluster->row[k];
    const i64 *after = cluster->back + (k + 1) * cluster->states;
    for (s = 0; s < cluster->states; s++) {
        i64 value = cluster->ahead[s];
        if (value == NONE) continue;
        if (after[s] != NONE && value + after[s] > without) without = value + after[s];
        for (w = row->first[s]; w < row->first[s + 1]; w++) {
            i64 rest = after[row->target[w]];
            if (rest == NONE) continue;
            rest += value + row->gain[row->kind[w]];
            if (rest > with_it) with_it = rest;
        }
    }
    return with_it == NONE ? NONE : with_it - without;
}

/* Cluster.advance */
static void advance(Cluster *cluster, i64 k, i64 dual) {
    i64 s, w, *old;
    const Row *row = &cluster->row[k];
    memcpy(cluster->then, cluster->ahead, (size_t)cluster->states * sizeof(i64));
    for (s = 0; s < cluster->states; s++) {
        i64 value = cluster->ahead[s];
        if (value == NONE) continue;
        for (w = row->first[s]; w < row->first[s + 1]; w++) {
            i64 now = value + row->gain[row->kind[w]] - dual;
            if (now > cluster->then[row->target[w]]) cluster->then[row->target[w]] = now;
        }
    }
    old = cluster->ahead;
    cluster->ahead = cluster->then;
    cluster->then = old;
}

/* ------------------------------------------------------------------ one part */
static void say(Search *search, i64 position, i64 cluster, i64 state, i64 way) {
    i64 *out = search->out + 2 + 3 * position;
    out[0] = cluster;
    out[1] = state;
    out[2] = way;
}

/* _Pass._walk: one cluster alone. */
static int walk(Search *search, int32_t number) {
    Cluster *cluster = &search->clusters[number];
    i64 k, w, state = 0;
    for (k = 0; k < cluster->count; k++) {
        const Row *row = &cluster->row[k];
        i64 position = cluster->position[k];
        i64 here = cluster->back[k * cluster->states + state];
        const i64 *after = cluster->back + (k + 1) * cluster->states;
        i64 rank = 0, then = -1, way = -1;
        if (after[state] == here) {
            rank = search->base_rank[position];
            then = state;
        }
        for (w = row->first[state]; w < row->first[state + 1]; w++) {
            i64 rest = after[row->target[w]], kind = row->kind[w];
            if (rest == NONE || rest + row->gain[kind] != here) continue;
            if (then < 0 || row->rank[kind] < rank) {
                rank = row->rank[kind];
                then = row->target[w];
                way = w;
            }
        }
        if (then < 0) return NOT_SOUND;
        if (way >= 0) say(search, position, number, state, way - row->first[state]);
        else say(search, position, -1, 0, 0);
        state = then;
    }
    return DONE;
}

/* _Pass.__init__ */
static int gather(Search *search) {
    i64 n, k, place, shift = 0, pairs = 0, ways_max = 1, pairs_max = 1;
    i64 *count = taken(&search->arena, search->units, sizeof(i64));
    i64 *where = taken(&search->arena, search->units, sizeof(i64));
    if (!count || !where) return NOT_HERE;
    memset(count, 0, (size_t)search->units * sizeof(i64));
    for (n = 0; n < search->part_count; n++) {
        Cluster *cluster = &search->clusters[search->part[n]];
        cluster->shift = (int)shift;
        shift += cluster->bits;
        if (shift > 62) return NOT_HERE;
        for (k = 0; k < cluster->count; k++) count[cluster->position[k]]++;
        pairs += cluster->count;
    }
    search->places = 0;
    search->order = taken(&search->arena, search->units, sizeof(i64));
    search->first_pair = taken(&search->arena, search->units + 1, sizeof(i64));
    search->pairs = taken(&search->arena, pairs, sizeof(Pair));
    search->masks = taken(&search->arena, search->units, sizeof(uint64_t));
    search->layer_end = taken(&search->arena, search->units + 2, sizeof(i64));
    if (!search->order || !search->first_pair || !search->pairs || !search->masks || !search->layer_end)
        return NOT_HERE;
    pairs = 0;
    for (k = 0; k < search->units; k++) {
        if (!count[k]) continue;
        place = search->places++;
        where[k] = place;
        search->order[place] = k;
        search->first_pair[place] = pairs;
        search->masks[place] = 0;
        if (count[k] > pairs_max) pairs_max = count[k];
        pairs += count[k];
        count[k] = 0;
    }
    search->first_pair[search->places] = pairs;
    for (n = 0; n < search->part_count; n++) {
        Cluster *cluster = &search->clusters[search->part[n]];
        for (k = 0; k < cluster->count; k++) {
            i64 position = cluster->position[k];
            Pair *pair;
            place = where[position];
            pair = &search->pairs[search->first_pair[place] + count[position]++];
            pair->cluster = search->part[n];
            pair->k = (int32_t)k;
            search->masks[place] |= (((uint64_t)1 << cluster->bits) - 1) << cluster->shift;
        }
    }
    for (place = 0; place < search->places; place++) {
        i64 ways = 1;
        for (n = search->first_pair[place]; n < search->first_pair[place + 1]; n++) {
            Cluster *cluster = &search->clusters[search->pairs[n].cluster];
            const Row *row = &cluster->row[search->pairs[n].k];
            i64 most = 0, s;
            for (s = 0; s < cluster->states; s++)
                if (row->first[s + 1] - row->first[s] > most) most = row->first[s + 1] - row->first[s];
            ways += most;
        }
        if (ways > ways_max) ways_max = ways;
    }
    search->turns = taken(&search->arena, ways_max, sizeof(Turn));
    search->standing = taken(&search->arena, pairs_max, sizeof(Standing));
    return search->turns && search->standing ? DONE : NOT_HERE;
}

/* _Pass._turns: ways of all clusters over a unit from a state, by rank; how many. */
static i64 turns_of(Search *search, i64 place, i64 whole) {
    i64 position = search->order[place], dual = search->duals[position];
    i64 idle = 0, delta = 0, bound = -1, count = 0, n;
    i64 first = search->first_pair[place], pairs = search->first_pair[place + 1] - first;
    Turn *turns = search->turns;
    for (n = 0; n < pairs; n++) {
        const Pair *pair = &search->pairs[first + n];
        const Cluster *cluster = &search->clusters[pair->cluster];
        Standing *one = &search->standing[n];
        const i64 *now = cluster->back + pair->k * cluster->states;
        i64 rest;
        one->state = (whole >> cluster->shift) & (((i64)1 << cluster->bits) - 1);
        one->here = now[one->state];
        rest = now[cluster->states + one->state];
        one->cleared = pair->k + 1 == cluster->count ? -(one->state << cluster->shift) : 0;
        delta += one->cleared;
        if (rest == NONE) {
            if (bound >= 0) return 0;
            bound = n;
            one->alone = 0;
        } else {
            one->alone = one->here - rest;
            idle += one->alone;
        }
    }
    if (bound < 0) {
        turns[0].rank = search->base_rank[position];
        turns[0].delta = delta;
        turns[0].loss = dual + idle;
        turns[0].cluster = -1;
        turns[0].own = turns[0].way = 0;
        count = 1;
    }
    for (n = 0; n < pairs; n++) {
        const Pair *pair = &search->pairs[first + n];
        const Cluster *cluster = &search->clusters[pair->cluster];
        const Row *row = &cluster->row[pair->k];
        const Standing *one = &search->standing[n];
        const i64 *after = cluster->back + (pair->k + 1) * cluster->states;
        int is_last = pair->k + 1 == cluster->count;
        i64 spent, moved, w, at;
        if (bound >= 0 && bound != n) continue;
        spent = idle - one->alone + one->here + dual;
        moved = delta - one->cleared;
        for (w = row->first[one->state]; w < row->first[one->state + 1]; w++) {
            i64 target = row->target[w], kind = row->kind[w], rest = after[target];
            Turn turn;
            if (rest == NONE) continue;
            turn.rank = row->rank[kind];
            turn.delta = moved + ((is_last ? 0 : target) - one->state) * ((i64)1 << cluster->shift);
            turn.loss = spent - row->gain[kind] - rest;
            turn.cluster = pair->cluster;
            turn.own = (int32_t)one->state;
            turn.way = (int32_t)(w - row->first[one->state]);
            for (at = count++; at > 0 && turns[at - 1].rank > turn.rank; at--) turns[at] = turns[at - 1];
            turns[at] = turn;
        }
    }
    return count;
}

static int more_slots(Search *search, i64 first) {
    i64 n, size = search->slots_max * 2;
    int32_t *slots = taken(&search->arena, size, sizeof(int32_t));
    if (!slots) return NOT_HERE;
    memset(slots, -1, (size_t)size * sizeof(int32_t));
    for (n = first; n < search->met_count; n++) {
        uint64_t at;
        if (search->met[n].is_dead) continue;
        at = ((uint64_t)search->met[n].state * 0x9E3779B97F4A7C15u) >> 20;
        while (slots[at & (uint64_t)(size - 1)] >= 0) at++;
        slots[at & (uint64_t)(size - 1)] = (int32_t)n;
    }
    search->slots = slots;
    search->slots_max = size;
    return DONE;
}

static int keep(Search *search, i64 first, i64 state, i64 loss, int32_t before, const Turn *turn) {
    uint64_t mask = (uint64_t)(search->slots_max - 1), at;
    Reached *one;
    if (search->met_count == search->met_max) {
        Reached *more = taken(&search->arena, search->met_max * 2, sizeof(Reached));
        if (!more) return NOT_HERE;
        memcpy(more, search->met, (size_t)search->met_count * sizeof(Reached));
        search->met = more;
        search->met_max *= 2;
    }
    at = ((uint64_t)state * 0x9E3779B97F4A7C15u) >> 20;
    for (; search->slots[at & mask] >= 0; at++) {
        one = &search->met[search->slots[at & mask]];
        if (one->state != state) continue;
        if (loss >= one->loss) return DONE;
        one->is_dead = 1;
        break;
    }
    search->slots[at & mask] = (int32_t)search->met_count;
    one = &search->met[search->met_count++];
    one->state = state;
    one->loss = loss;
    one->before = before;
    one->cluster = turn->cluster;
    one->own = turn->own;
    one->way = turn->way;
    one->is_dead = 0;
    return (search->met_count - first) * 2 > search->slots_max ? more_slots(search, first) : DONE;
}

/* _narrowed: the states that lose least, the first of equals first, and the one in which nothing was begun. */
static int narrowed(Search *search, i64 first) {
    i64 n, kept = 0, count = search->met_count - first;
    Reached *best = taken(&search->arena, search->beam + 1, sizeof(Reached));
    if (!best) return NOT_HERE;
    if (count <= search->beam) return DONE;
    for (n = first; n < search->met_count; n++) {
        i64 at;
        if (kept == search->beam && search->met[n].loss >= best[kept - 1].loss) continue;
        at = kept < search->beam ? kept++ : kept - 1;
        for (; at > 0 && best[at - 1].loss > search->met[n].loss; at--) best[at] = best[at - 1];
        best[at] = search->met[n];
    }
    for (n = 0; n < kept && best[n].state; n++)
        ;
    if (n == kept)
        for (n = first; n < search->met_count; n++)
            if (!search->met[n].state) {
                best[kept++] = search->met[n];
                break;
            }
    memcpy(search->met + first, best, (size_t)kept * sizeof(Reached));
    search->met_count = first + kept;
    return DONE;
}

/* _Pass._run: whether there is a way through that loses at most so much; layers are left in `met`. */
static int run(Search *search, i64 most, int is_beam, int *is_through) {
    i64 place, states = 0, begin = 0, end = 1;
    *is_through = 0;
    if (!search->met) {
        search->met_max = 256;
        search->met = taken(&search->arena, search->met_max, sizeof(Reached));
        search->slots_max = 64;
        search->slots = taken(&search->arena, search->slots_max, sizeof(int32_t));
        if (!search->met || !search->slots) return NOT_HERE;
    }
    memset(&search->met[0], 0, sizeof(Reached));
    search->met_count = 1;
    search->layer_end[0] = 1;
    for (place = 0; place < search->places; place++) {
        i64 n, first = end, kept = end;
        int code;
        memset(search->slots, -1, (size_t)search->slots_max * sizeof(int32_t));
        for (n = begin; n < end; n++) {
            i64 lost = search->met[n].loss, state = search->met[n].state;
            i64 count = turns_of(search, place, state), t;
            for (t = 0; t < count; t++) {
                i64 loss = search->turns[t].loss + lost;
                if (loss > most) continue;
                code = keep(search, first, state + search->turns[t].delta, loss, (int32_t)n, &search->turns[t]);
                if (code) return code;
            }
        }
        for (n = first; n < search->met_count; n++)
            if (!search->met[n].is_dead) search->met[kept++] = search->met[n];
        search->met_count = kept;
        if (is_beam && (code = narrowed(search, first))) return code;
        begin = first;
        end = search->met_count;
        search->layer_end[place + 1] = end;
        states += end - begin;
        if (end == begin || (!is_beam && search->states + states > search->states_max)) {
            search->states += states;
            return DONE;
        }
        if (end > INT32_MAX / 2) return NOT_HERE;
    }
    search->states += states;
    *is_through = 1;
    return DONE;
}

/* The state of the last layer that loses least, the first of equals. */
static i64 best_met(const Search *search) {
    i64 n = search->layer_end[search->places - 1], best = n;
    for (; n < search->layer_end[search->places]; n++)
        if (search->met[n].loss < search->met[best].loss) best = n;
    return best;
}

/* _Pass._write */
static void write_down(Search *search) {
    i64 place, at = best_met(search);
    for (place = search->places - 1; place >= 0; place--) {
        const Reached *one = &search->met[at];
        say(search, search->order[place], one->cluster, one->own, one->way);
        at = one->before;
    }
}

static i64 bound_of(const Search *search) {
    i64 n, sum = 0;
    for (n = 0; n < search->units; n++) sum += search->duals[n];
    for (n = 0; n < search->part_count; n++) sum += search->clusters[search->part[n]].back[0];
    return sum;
}

/* _Pass.tighten */
static void tighten(Search *search) {
    i64 sweep, place, n, best = bound_of(search);
    size_t bytes = (size_t)search->units * sizeof(i64);
    memcpy(search->kept, search->duals, bytes);
    for (sweep = 0; sweep < search->sweeps; sweep++) {
        i64 bound;
        for (n = 0; n < search->part_count; n++) {
            Cluster *cluster = &search->clusters[search->part[n]];
            i64 s;
            for (s = 0; s < cluster->states; s++) cluster->ahead[s] = NONE;
            cluster->ahead[0] = 0;
        }
        for (place = 0; place < search->places; place++) {
            i64 first = search->first_pair[place], last = search->first_pair[place + 1];
            i64 position = search->order[place];
            if (last - first > 1) {
                i64 high = NONE, next = NONE;
                for (n = first; n < last; n++) {
                    i64 one = margin(&search->clusters[search->pairs[n].cluster], search->pairs[n].k);
                    if (one > high) {
                        next = high;
                        high = one;
                    } else if (one > next) {
                        next = one;
                    }
                }
                search->duals[position] = next > 0 ? (high + next) / 2 : 0;
            }
            for (n = first; n < last; n++)
                advance(&search->clusters[search->pairs[n].cluster], search->pairs[n].k,
                        search->duals[position]);
        }
        for (n = 0; n < search->part_count; n++) {
            Cluster *cluster = &search->clusters[search->part[n]];
            backward(cluster, search->duals);
            search->states += cluster->count;
        }
        bound = bound_of(search);
        if (bound >= best) break;
        best = bound;
        memcpy(search->kept, search->duals, bytes);
    }
    if (memcmp(search->kept, search->duals, bytes)) {
        memcpy(search->duals, search->kept, bytes);
        for (n = 0; n < search->part_count; n++) backward(&search->clusters[search->part[n]], search->duals);
    }
}

/* _Pass._is_small */
static int is_small(const Search *search) {
    i64 n, width = 1;
    for (n = 0; n < search->part_count; n++) {
        width *= search->clusters[search->part[n]].most_reached;
        if (width > search->small) return 0;
    }
    return width * search->places <= search->small * 8;
}

/* _Pass.solve */
static int solve(Search *search) {
    i64 n, sum = 0, most = 0;
    int is_through = 0, code;
    if (search->part_count == 1) return walk(search, search->part[0]);
    memset(search->duals, 0, (size_t)search->units * sizeof(i64));
    if ((code = gather(search))) return code;
    if (is_small(search)) {
        for (n = 0; n < search->part_count; n++) {
            i64 value = search->clusters[search->part[n]].back[0];
            sum += value;
            if (value > most) most = value;
        }
        if ((code = run(search, sum - most, 0, &is_through))) return code;
    }
    if (!is_through && (code = run(search, 0, 0, &is_through))) return code;
    if (!is_through) {
        tighten(search);
        if ((code = run(search, 0, 0, &is_through))) return code;
    }
    if (!is_through) {
        if ((code = run(search, MOST, 1, &is_through))) return code;
        if (!is_through) return NOT_HERE;
        /* It is written down for the case that there is no better one. */
        write_down(search);
        if ((code = run(search, search->met[best_met(search)].loss, 0, &is_through))) return code;
        if (!is_through) {
            search->is_proven = 0;
            return DONE;
        }
    }
    write_down(search);
    return DONE;
}

/* ------------------------------------------------------------------ one component */
/* _parts: clusters that share units, together; each part is solved. */
static int solve_parts(Search *search, int32_t *useful, i64 count) {
    i64 n, m, k, other, head;
    i64 *owner = taken(&search->arena, search->units, sizeof(i64));
    search->part = taken(&search->arena, count + 1, sizeof(int32_t));
    if (!owner || !search->part) return NOT_HERE;
    for (n = 0; n < search->units; n++) owner[n] = -1;
    for (n = 0; n < count; n++) search->clusters[useful[n]].group = n;
    for (n = 0; n < count; n++) {
        Cluster *cluster = &search->clusters[useful[n]];
        for (k = 0; k < cluster->count; k++) {
            i64 *mine = &owner[cluster->position[k]];
            i64 old, now;
            if (*mine < 0) {
                *mine = n;
                continue;
            }
            old = cluster->group;
            now = search->clusters[useful[*mine]].group;
            if (old == now) continue;
            for (m = 0; m < count; m++) {
                Cluster *one = &search->clusters[useful[m]];
                if (one->group == old) one->group = now;
            }
        }
    }
    for (head = 0; head < count; head++) {
        int code;
        other = search->clusters[useful[head]].group;
        for (n = 0; n < head && search->clusters[useful[n]].group != other; n++)
            ;
        if (n < head) continue;
        search->part_count = 0;
        for (n = head; n < count; n++)
            if (search->clusters[useful[n]].group == other) search->part[search->part_count++] = useful[n];
        if ((code = solve(search))) return code;
    }
    return DONE;
}

static int solve_all(Search *search, const i64 *in, i64 n) {
    i64 c, k, sum = 0, useful_count = 0;
    int32_t *useful = taken(&search->arena, search->count + 1, sizeof(int32_t));
    i64 *largest = taken(&search->arena, search->units + 1, sizeof(i64));
    search->clusters = taken(&search->arena, search->count + 1, sizeof(Cluster));
    search->duals = taken(&search->arena, search->units + 1, sizeof(i64));
    search->kept = taken(&search->arena, search->units + 1, sizeof(i64));
    if (!useful || !largest || !search->clusters || !search->duals || !search->kept) return NOT_HERE;
    memset(search->duals, 0, (size_t)(search->units + 1) * sizeof(i64));
    for (c = 0; c < search->count; c++) {
        i64 most = 0;
        int code = read_cluster(search, in, n, in[HEAD + search->units + c], &search->clusters[c], &most);
        if (code) return code;
        /* No sum of what is looked at is larger than this. */
        if (most && search->clusters[c].count > TOP / most) return NOT_HERE;
        sum += most * search->clusters[c].count;
        if (sum > TOP) return NOT_HERE;
    }
    if (sum > TOP / (4 * (search->units + search->count + 4))) return NOT_HERE;
    for (c = 0; c < search->count; c++) {
        Cluster *cluster = &search->clusters[c];
        i64 met, left = search->states_max - search->states;
        i64 is_whole = tabulate(cluster, left > 1 ? left : 1, &met);
        search->states += met;
        if (is_whole < 0) search->is_proven = 0;
        else if (backward(cluster, search->duals) > 0) useful[useful_count++] = (int32_t)c;
    }
    for (k = 0; k < search->units; k++) say(search, k, -1, 0, 0);
    return solve_parts(search, useful, useful_count);
}

/* One component; 0 where it is solved, else a code: Python has to do it. */
POS_EXPORT int pos_items_solve(const int64_t *in, int64_t n, int64_t *out, int64_t out_count) {
    Search search;
    int code;
    if (!in || !out || n < HEAD || n > WORDS_MAX) return NOT_SOUND;
    memset(&search, 0, sizeof(search));
    search.units = in[0];
    search.count = in[1];
    search.states_max = in[2];
    search.small = in[3];
    search.beam = in[4];
    search.sweeps = in[5];
    search.is_proven = 1;
    if (search.units < 1 || search.units > n || search.count < 0 || search.count > n) return NOT_SOUND;
    if (!in_range(HEAD, search.units + search.count, n) || out_count < 2 + 3 * search.units) return NOT_SOUND;
    if (search.beam < 1 || search.beam > 4096 || search.small < 0 || search.small > 1 << 20) return NOT_SOUND;
    if (search.states_max > TOP) search.states_max = TOP;
    search.base_rank = in + HEAD;
    search.out = out;
    code = solve_all(&search, in, n);
    freed(&search.arena);
    out[0] = search.states;
    out[1] = search.is_proven;
    return code;
}

/* What source this was built of: another than the one beside the loader is refused. */
POS_EXPORT int64_t pos_items_source(void) { return (int64_t)POS_SOURCE; }
