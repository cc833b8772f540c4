-- Floating point in Lua: three kernels, each prints what it found.
local scale = tonumber(arg[1])

-- Bodies on a ring around a heavy one, leapfrog steps, their energy.
local function gravitate(count, steps)
    local bodies = { { x = 0, y = 0, z = 0, u = 0, v = 0, w = 0, m = 1000 } }
    for i = 1, count do
        local angle, radius = 2 * math.pi * i / count, 10 + i
        local speed = math.sqrt(1000 / radius)
        bodies[#bodies + 1] = {
            x = radius * math.cos(angle), y = radius * math.sin(angle), z = i % 3,
            u = -speed * math.sin(angle), v = speed * math.cos(angle), w = 0,
            m = 1 / i,
        }
    end
    local function push(dt)
        for i = 1, #bodies do
            local a = bodies[i]
            for j = i + 1, #bodies do
                local b = bodies[j]
                local x, y, z = a.x - b.x, a.y - b.y, a.z - b.z
                local square = x * x + y * y + z * z + 0.01
                local force = dt / (square * math.sqrt(square))
                a.u = a.u - x * b.m * force
                a.v = a.v - y * b.m * force
                a.w = a.w - z * b.m * force
                b.u = b.u + x * a.m * force
                b.v = b.v + y * a.m * force
                b.w = b.w + z * a.m * force
            end
        end
    end
    for _ = 1, steps do
        push(0.005)
        for _, a in ipairs(bodies) do
            a.x = a.x + 0.005 * a.u
            a.y = a.y + 0.005 * a.v
            a.z = a.z + 0.005 * a.w
        end
    end
    local energy = 0
    for _, a in ipairs(bodies) do
        energy = energy + a.m * (a.u * a.u + a.v * a.v + a.w * a.w) / 2
    end
    return energy
end

-- The largest singular value of a matrix that is computed as it is read.
local function norm(n)
    local function element(i, j)
        return 1 / ((i + j) * (i + j + 1) / 2 + i + 1)
    end
    local function multiply(from, transposed)
        local to = {}
        for i = 0, n - 1 do
            local sum = 0
            for j = 0, n - 1 do
                local a = transposed and element(j, i) or element(i, j)
                sum = sum + a * from[j]
            end
            to[i] = sum
        end
        return to
    end
    local u, v = {}, nil
    for i = 0, n - 1 do
        u[i] = 1
    end
    for _ = 1, 4 do
        v = multiply(multiply(u, false), true)
        u = multiply(multiply(v, false), true)
    end
    local both, square = 0, 0
    for i = 0, n - 1 do
        both, square = both + u[i] * v[i], square + v[i] * v[i]
    end
    return math.sqrt(both / square)
end

-- Points of a square that stay near 0 for 50 steps.
local function inside(side)
    local count = 0
    for row = 0, side - 1 do
        for column = 0, side - 1 do
            local a, b = 3 * column / side - 2, 3 * row / side - 1.5
            local x, y, step = 0, 0, 0
            while x * x + y * y < 4 and step < 50 do
                x, y, step = x * x - y * y + a, 2 * x * y + b, step + 1
            end
            if step == 50 then
                count = count + 1
            end
        end
    end
    return count
end

print(string.format('energy %.9f', gravitate(6, 12 * scale)))
print(string.format('norm %.9f', norm(14 + scale // 2)))
print(string.format('inside %d', inside(8 + scale)))
