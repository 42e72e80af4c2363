namespace JobSystem.Worker.Reporting;

/// <summary>Reads texts from user objects, whose code may throw or return null.</summary>
static class UserCodeText
{
    /// <param name="what">What is read, to say so when it cannot be.</param>
    public static string Read(string what, Func<string?> read)
    {
        try
        {
            return read() ?? "";
        }
        catch (Exception exception)
        {
            return $"({what} cannot be read: it threw {exception.GetType().Name})";
        }
    }

    /// <summary>Makes a text storable in JSON and databases: without NUL and unpaired surrogates.</summary>
    public static string Storable(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
        {
            // Whole pairs come back as they were
            text = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
        }
        return text.Contains('\0') ? text.Replace('\0', '\uFFFD') : text;
    }

    /// <summary>The beginning of the text, storable, with an ellipsis if it was cut.</summary>
    public static string Shorten(string? text, int maxLength, string mark = "…") =>
        text is null ? "" : text.Length <= maxLength ? Storable(text) : string.Concat(Storable(text[..maxLength]), mark);
}
