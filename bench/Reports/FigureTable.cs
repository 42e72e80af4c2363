namespace JobSystem.Bench.Reports;

/// <summary>A table of figures. It is printed as Markdown, so that it can go into a document as it is.</summary>
public sealed record FigureTable(string[] Columns)
{
    public List<string[]> Rows { get; } = [];

    public void Write(TextWriter output)
    {
        var widths = Columns.Select((column, i) => Rows.Select(row => row[i].Length).Append(column.Length).Max()).ToArray();
        WriteRow(Columns, widths, output);
        output.WriteLine("|" + string.Concat(widths.Select(width => new string('-', width + 2) + "|")));
        foreach (var row in Rows)
        {
            WriteRow(row, widths, output);
        }
    }

    static void WriteRow(string[] cells, int[] widths, TextWriter output) =>
        output.WriteLine("|" + string.Concat(cells.Select((cell, i) => $" {cell.PadRight(widths[i])} |")));
}
