# Words by frequency, their lengths, and moments of the numbers among them.
{
    for (i = 1; i <= NF; i++) {
        word = $i
        gsub(/[.,]/, "", word)
        if (word ~ /^[0-9]+$/) {
            n++
            sum += word
            squares += word * word
            logarithms += log(1 + word)
        } else {
            count[word]++
            first = substr(word, 1, 1)
            begins[first]++
            if (length(word) > longest[first])
                longest[first] = length(word)
        }
    }
    lengths[int(length($0) / 10)]++
}

END {
    for (word in count)
        if (count[word] > most)
            most = count[word]
    for (word in count)
        ranks[count[word]]++
    for (c = most; c > 0; c--)
        if (c in ranks)
            printf "%d words %d times\n", ranks[c], c
    for (i = 97; i < 123; i++) {
        letter = sprintf("%c", i)
        if (letter in begins)
            print letter, begins[letter], longest[letter]
    }
    for (i = 0; i < 60; i++)
        if (i in lengths)
            print "lines of", i * 10, lengths[i]
    printf "%d numbers, mean %.6f, deviation %.6f, geometric %.6f\n", n,
        sum / n, sqrt(squares / n - (sum / n) ^ 2), exp(logarithms / n) - 1
}
