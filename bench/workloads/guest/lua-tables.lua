-- Tables, strings and closures in Lua: each kernel prints what it found.
local scale = tonumber(arg[1])

local state = 42
local function random(limit)
    state = (state * 16807) % 2147483647
    return state % limit + 1
end

-- Binary trees that are made and dropped.
local function make_tree(depth)
    if depth == 0 then
        return {}
    end
    return { make_tree(depth - 1), make_tree(depth - 1) }
end
local function count_nodes(tree)
    return 1 + (tree[1] and count_nodes(tree[1]) + count_nodes(tree[2]) or 0)
end
local function grow(rounds)
    local nodes, kept = 0, make_tree(8)
    for i = 1, rounds do
        nodes = nodes + count_nodes(make_tree(4 + i % 5))
    end
    return nodes + count_nodes(kept)
end

-- The most flips that a permutation of n pancakes needs (Gries, Knuth).
local function flip(n)
    local most, permutation = 0, {}
    local function count(p)
        local q, flips = table.move(p, 1, n, 1, {}), 0
        while q[1] ~= 1 do
            local i, j = 1, q[1]
            while i < j do
                q[i], q[j] = q[j], q[i]
                i, j = i + 1, j - 1
            end
            flips = flips + 1
        end
        return flips
    end
    local function permute(k)
        if k == 0 then
            most = math.max(most, count(permutation))
            return
        end
        for i = 1, k do
            permutation[i], permutation[k] = permutation[k], permutation[i]
            permute(k - 1)
            permutation[i], permutation[k] = permutation[k], permutation[i]
        end
    end
    for i = 1, n do
        permutation[i] = i
    end
    permute(n)
    return most
end

-- Words made, counted, sorted, joined, taken apart again.
local function spell(words)
    local counts, names = {}, {}
    for _ = 1, words do
        local letters = {}
        for i = 1, 2 + random(3) do
            letters[i] = string.char(96 + random(26))
        end
        local word = table.concat(letters)
        if not counts[word] then
            names[#names + 1] = word
        end
        counts[word] = (counts[word] or 0) + 1
    end
    table.sort(names, function(a, b)
        if counts[a] ~= counts[b] then
            return counts[a] > counts[b]
        end
        return a < b
    end)
    local text = table.concat(names, ' ')
    local vowels = 0
    for _ in text:gmatch('[aeiou]+') do
        vowels = vowels + 1
    end
    local turned = text:upper():gsub('(%u)(%u)', '%2%1')
    return #names .. ' ' .. vowels .. ' ' .. turned:sub(1, 60)
end

-- Methods by inheritance, and a queue of closures.
local Shape = {}
Shape.__index = Shape
function Shape.new(size)
    return setmetatable({ size = size }, Shape)
end
function Shape:area()
    return self.size * self.size
end
local Ring = setmetatable({}, { __index = Shape })
Ring.__index = Ring
function Ring.new(size)
    return setmetatable(Shape.new(size), Ring)
end
function Ring:area()
    return Shape.area(self) - (self.size - 1) * (self.size - 1)
end
local function dispatch(steps)
    local queue, sum = {}, 0
    for i = 1, steps do
        local shape = (i % 3 == 0 and Shape or Ring).new(random(100))
        queue[i % 64 + 1] = function(x)
            return (x + shape:area()) % 1000003
        end
        local call = queue[random(64)]
        if call then
            sum = call(sum)
        end
    end
    return sum
end

print('nodes', grow(4 * scale))
print('flips', flip(scale > 4 and 7 or 5))
print('words', spell(300 * scale))
print('closures', dispatch(1000 * scale))
