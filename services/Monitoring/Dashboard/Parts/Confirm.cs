using MudBlazor;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>Asks before something large happens, and says what.</summary>
static class Confirm
{
    public static async Task<bool> Ask(IDialogService dialogs, string title, string effect, string verb) =>
        await dialogs.ShowMessageBoxAsync(title, effect, yesText: verb, cancelText: "Keep as it is") == true;
}
