/** The time line: what the run did, lane by lane. */
export const LANES: string = String.raw`
const LANE = 46, LABEL = 130;
const LANE_COLORS = ['#e8743b', '#19a979', '#13a4b4', '#6c8893', '#945ecf', '#2f74d0'];
const MARK_COLORS = { stall: '#d7263d' };

const laneAmount = (value, unit) => (unit === 'ratio' ? (100 * value).toFixed(0) + ' %' : scaled(value, 'bytes') + (unit === 'bytes' ? '' : '/s'));

function drawLanes() {
  const { lanes, durationMs } = data.lanes, stage = byId('lanes');
  byId('timeline').hidden = lanes.length === 0;
  if (lanes.length === 0) return;
  const ratio = devicePixelRatio || 1, width = stage.parentElement.clientWidth, height = lanes.length * LANE + 20, brush = stage.getContext('2d');
  const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue('--text'), dim = style.getPropertyValue('--dim'), line = style.getPropertyValue('--line');
  stage.width = width * ratio; stage.height = height * ratio;
  stage.style.width = width + 'px'; stage.style.height = height + 'px';
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  const across = width - LABEL - 8, x = (ms) => LABEL + across * ms / (durationMs || 1);
  lanes.forEach(({ name, unit, values, marks }, index) => {
    const top = index * LANE + 6, bottom = top + LANE - 12, most = unit === 'ratio' ? 1 : Math.max(...values, 1);
    brush.font = '600 12px system-ui, sans-serif';
    brush.fillStyle = ink; brush.fillText(name, 0, top + 13);
    brush.font = '11px system-ui, sans-serif';
    brush.fillStyle = dim; brush.fillText(unit === 'ratio' ? 'of each moment' : 'up to ' + laneAmount(most, unit), 0, top + 28);
    brush.strokeStyle = line; brush.beginPath(); brush.moveTo(LABEL, bottom + 0.5); brush.lineTo(width - 8, bottom + 0.5); brush.stroke();
    if (values.length > 0) {
      const step = across / (unit === 'ratio' ? values.length : values.length - 1);
      brush.beginPath(); brush.moveTo(LABEL, bottom);
      values.forEach((value, at) => {
        const y = bottom - (bottom - top) * value / most;
        brush.lineTo(LABEL + at * step, y);
        if (unit === 'ratio') brush.lineTo(LABEL + (at + 1) * step, y);
      });
      brush.lineTo(width - 8, bottom); brush.closePath();
      brush.fillStyle = LANE_COLORS[index % LANE_COLORS.length] + '55'; brush.fill();
      brush.strokeStyle = LANE_COLORS[index % LANE_COLORS.length]; brush.lineWidth = 1.2; brush.stroke(); brush.lineWidth = 1;
    }
    for (const [at, length, what] of marks) {
      brush.fillStyle = MARK_COLORS[what] || '#8b1e8f';
      brush.fillRect(x(at), what === 'stall' ? top - 4 : bottom - 5, Math.max(1.5, across * length / (durationMs || 1)), what === 'stall' ? 3 : 5);
    }
  });
  brush.fillStyle = dim; brush.font = '11px system-ui, sans-serif';
  const steps = Math.max(1, Math.floor(across / 120));
  for (let step = 0; step <= steps; step += 1) {
    brush.textAlign = step === 0 ? 'left' : step === steps ? 'right' : 'center';
    brush.fillText((durationMs * step / steps / 1e3).toFixed(durationMs < 20000 ? 1 : 0) + ' s', LABEL + across * step / steps, height - 4);
  }
  brush.textAlign = 'left';
}

function tellMoment(event) {
  const { lanes, durationMs } = data.lanes, stage = byId('lanes'), across = stage.clientWidth - LABEL - 8;
  const at = (event.clientX - stage.getBoundingClientRect().left - LABEL) / across;
  if (at < 0 || at > 1) return;
  const ms = at * durationMs, near = 2 * durationMs / across;
  const known = lanes.filter(({ values }) => values.length > 0).map(({ name, unit, values }) => name + ' ' + laneAmount(values[Math.min(values.length - 1, Math.floor(at * values.length))], unit));
  const marked = lanes.flatMap(({ marks }) => marks).filter(([from, length]) => ms >= from - near && ms <= from + length + near).slice(0, 3).map(([, length, what]) => what + ' of ' + length + ' ms');
  byId('moment').textContent = (ms / 1e3).toFixed(2) + ' s: ' + [...known, ...marked].join(' · ');
}
`;
