using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace JobSystem.ServiceDefaults.Metrics;

/// <summary>
/// Writes the metrics of the OpenTelemetry SDK in Prometheus text format. Written by hand, because OpenTelemetry.Exporter.Prometheus has
/// pre-releases only.
/// </summary>
[ExportModes(ExportModes.Pull)]
sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    static readonly Dictionary<string, string> Units = new() { ["s"] = "seconds", ["ms"] = "milliseconds", ["By"] = "bytes" };

    public Func<int, bool>? Collect { get; set; }

    /// <summary>Of the last collection.</summary>
    public string Text { get; private set; } = "";

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new StringBuilder();
        var described = new HashSet<string>();
        foreach (var metric in batch)
        {
            var name = NameOf(metric.Name, metric.Unit, IsCounter(metric.MetricType));
            // Two meters may have an instrument of one name
            if (described.Add(name))
            {
                text.Append(CultureInfo.InvariantCulture,
                    $"# HELP {name} {Escape(metric.Description)}\n# TYPE {name} {TypeOf(metric.MetricType)}\n");
            }

            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                Write(text, name, metric.MetricType, in point);
            }
        }

        Text = text.ToString();
        return ExportResult.Success;
    }

    public static string NameOf(string instrument, string? unit, bool isCounter)
    {
        var name = new StringBuilder(instrument.Length + 16);
        foreach (var letter in instrument)
        {
            name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        }

        if (unit is not null && Units.TryGetValue(unit, out var word))
        {
            name.Append('_').Append(word);
        }

        return isCounter ? name.Append("_total").ToString() : name.ToString();
    }

    static bool IsCounter(MetricType type) => type is MetricType.LongSum or MetricType.DoubleSum;

    static string TypeOf(MetricType type) => IsCounter(type) ? "counter" : type == MetricType.Histogram ? "histogram" : "gauge";

    static void Write(StringBuilder text, string name, MetricType type, in MetricPoint point)
    {
        var labels = Labels(point.Tags);
        switch (type)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                Line(text, name, labels, point.GetSumLong());
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                Line(text, name, labels, point.GetSumDouble());
                break;
            case MetricType.LongGauge:
                Line(text, name, labels, point.GetGaugeLastValueLong());
                break;
            case MetricType.DoubleGauge:
                Line(text, name, labels, point.GetGaugeLastValueDouble());
                break;
            case MetricType.Histogram:
                long count = 0;
                foreach (var bucket in point.GetHistogramBuckets())
                {
                    count += bucket.BucketCount;
                    var bound = double.IsPositiveInfinity(bucket.ExplicitBound)
                        ? "+Inf"
                        : bucket.ExplicitBound.ToString(CultureInfo.InvariantCulture);
                    Line(text, name + "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", count);
                }

                Line(text, name + "_sum", labels, point.GetHistogramSum());
                Line(text, name + "_count", labels, point.GetHistogramCount());
                break;
        }
    }

    static string Labels(ReadOnlyTagCollection tags)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            text.Append(text.Length > 0 ? "," : "").Append(NameOf(key, null, false)).Append("=\"")
                .Append(Escape(TextOf(value)).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        return text.ToString();
    }

    static string TextOf(object? value) =>
        value is bool flag ? flag ? "true" : "false" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(' ')
            .Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');

    static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
